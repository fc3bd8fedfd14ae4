#include "tests/bench/orders.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "platform/ids/uuid.h"

namespace tallystick::bench {

std::string SkuOf(int product) { return absl::StrCat("P-", product); }

v1::PlaceOrderRequest OrderOf(int number) {
  v1::PlaceOrderRequest request;
  request.set_request_id(NewUuidV7(absl::Now()).ToString());
  request.set_buyer_reference(absl::StrCat("PO-", number));
  for (int line = 0; line < 1 + number % 4; ++line) {
    v1::OrderItem* item = request.add_items();
    item->set_sku(SkuOf((number * 7 + line) % kProducts));
    item->set_quantity(1 + number % 30);
  }
  for (const char* text : {"Ann Example", "Street 1", "12345 Town"}) {
    request.mutable_ship_to()->add_lines(text);
  }
  request.set_payment_method("pm_sandbox_ok");
  return request;
}

std::vector<v1::PlaceOrderRequest> Orders(int count) {
  std::vector<v1::PlaceOrderRequest> orders;
  orders.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) orders.push_back(OrderOf(i));
  return orders;
}

}  // namespace tallystick::bench
