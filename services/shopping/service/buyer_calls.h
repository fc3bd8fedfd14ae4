// The shop's calls for buyers.
#pragma once

#include <string>

#include "platform/batch/batcher.h"
#include "platform/calls/method.h"
#include "platform/history/status_desk.h"
#include "services/shopping/workflow/catalogue_workflow.h"
#include "services/shopping/workflow/order_workflow.h"
#include "services/shopping/workflow/trade_list.h"
#include "tallystick/v1/shopping.pb.h"

namespace tallystick::shopping {

struct ProductQuery {
  std::string after_sku;
  int page_size = 0;
};

struct TradeQuery {
  std::string buyer;
  ListedTrade after;
  int page_size = 0;
};

using OrderBatcher = Batcher<OrderDraft, Placed>;
using RequestBatcher = Batcher<BuyerRequest, Requested>;
using ProductBatcher = Batcher<ProductQuery, ProductPage>;
using TradeBatcher = Batcher<TradeQuery, TradePage>;

// What the requests are handed to; outlives the table.
struct BuyerDesks {
  StatusReader& statuses;
  OrderBatcher& orders;
  RequestBatcher& requests;
  ProductBatcher& products;
  TradeBatcher& trades;
};

// `addresses` go into every trading information.
rpc::ServiceTable BuyerCalls(const v1::ServiceAddresses& addresses, const BuyerDesks& desks);

// Its parts, one a file.
void AddOrderCalls(rpc::ServiceTable& table, const v1::ServiceAddresses& addresses,
                   OrderBatcher& orders);
void AddStatusCalls(rpc::ServiceTable& table, const v1::ServiceAddresses& addresses,
                    StatusReader& statuses);
void AddListCalls(rpc::ServiceTable& table, const v1::ServiceAddresses& addresses,
                  ProductBatcher& products, TradeBatcher& trades);
void AddRequestCalls(rpc::ServiceTable& table, RequestBatcher& requests);

}  // namespace tallystick::shopping
