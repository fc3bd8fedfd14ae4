#include "services/shopping/service/buyer_calls.h"

namespace tallystick::shopping {

rpc::ServiceTable BuyerCalls(const v1::ServiceAddresses& addresses, const BuyerDesks& desks) {
  rpc::ServiceTable table("tallystick.v1.ShoppingService");
  AddListCalls(table, addresses, desks.products, desks.trades);
  AddOrderCalls(table, addresses, desks.orders);
  AddStatusCalls(table, addresses, desks.statuses);
  AddRequestCalls(table, desks.requests);
  return table;
}

}  // namespace tallystick::shopping
