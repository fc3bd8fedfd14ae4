#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "platform/calls/document_calls.h"
#include "platform/calls/page.h"
#include "platform/trade/text.h"
#include "platform/wire/convert.h"
#include "services/shopping/service/buyer_calls.h"
#include "services/shopping/service/information.h"
#include "tallystick/record/v1/order_record.pb.h"

namespace tallystick::shopping {
namespace {

// Reads a page's size, each of whose elements counts.
absl::StatusOr<int> CountPage(rpc::Call& call, int page_size) {
  absl::StatusOr<int> size = rpc::ReadPageSize(page_size);
  if (!size.ok()) return size;
  const absl::Status counted = call.CountRequests(static_cast<size_t>(*size));
  if (!counted.ok()) return counted;
  return size;
}

absl::StatusOr<ProductQuery> ReadProductQuery(rpc::Call& call,
                                              const v1::ListProductsRequest& request) {
  const absl::StatusOr<int> page_size = CountPage(call, request.page_size());
  if (!page_size.ok()) return page_size.status();
  const absl::Status token =
      CheckText("page_token", request.page_token(), kMaxReferenceBytes, false);
  if (!token.ok()) return token;
  return ProductQuery{request.page_token(), *page_size};
}

void WriteProduct(const Product& product, v1::Product* proto) {
  proto->set_sku(product.sku);
  proto->set_name(product.name);
  proto->set_category(product.category);
  wire::Put(product.unit_price, product.currency, proto->mutable_unit_price());
  proto->set_tax_rate_basis_points(product.tax_rate_basis_points);
  proto->set_stock(product.stock);
}

void WritePage(const ProductPage& page, v1::ListProductsResponse& response) {
  for (const Product& product : page.products) WriteProduct(product, response.add_products());
  for (const DeliveryOption& option : page.options) {
    v1::DeliveryOption* proto = response.add_delivery_options();
    proto->set_code(option.code);
    proto->set_name(option.name);
    proto->set_fee_minor_units(option.fee);
    proto->set_lead_time_hours(static_cast<int32_t>(absl::ToInt64Hours(option.lead_time)));
  }
  if (page.more) response.set_next_page_token(page.products.back().sku);
}

// The token is the place of the last trade: "MILLIS/TRADING-ID".
absl::StatusOr<ListedTrade> ReadToken(const std::string& token) {
  // Later than every order; within what PostgreSQL takes for a time.
  ListedTrade after{Uuid{}, 253'402'300'799'000};
  if (token.empty()) return after;
  const std::vector<std::string> parts = absl::StrSplit(token, '/');
  const std::optional<Uuid> id = parts.size() == 2 ? ParseUuid(parts[1]) : std::nullopt;
  if (!id || !absl::SimpleAtoi(parts[0], &after.order_millis) || after.order_millis < 0 ||
      after.order_millis > 253'402'300'799'000) {
    return InvalidField("page_token", "give the previous answer's next_page_token");
  }
  after.trading_id = *id;
  return after;
}

absl::StatusOr<TradeQuery> ReadTradeQuery(rpc::Call& call, const v1::ListTradesRequest& request) {
  const absl::StatusOr<int> page_size = CountPage(call, request.page_size());
  if (!page_size.ok()) return page_size.status();
  const absl::StatusOr<ListedTrade> after = ReadToken(request.page_token());
  if (!after.ok()) return after.status();
  return TradeQuery{call.subject(), *after, *page_size};
}

}  // namespace

void AddListCalls(rpc::ServiceTable& table, const v1::ServiceAddresses& addresses,
                  ProductBatcher& products, TradeBatcher& trades) {
  rpc::AddAsk<v1::ListProductsRequest, v1::ListProductsResponse>(
      table, "ListProducts", rpc::ForCallers(), products, ReadProductQuery, WritePage);
  rpc::AddAsk<v1::ListTradesRequest, v1::ListTradesResponse>(
      table, "ListTrades", rpc::ForCallers(), trades, ReadTradeQuery,
      [addresses](const TradePage& page, v1::ListTradesResponse& response) {
        for (const std::string& document : page.documents) {
          // One that cannot be read must not hide the others.
          auto record = rpc::ParseStored<record::v1::OrderRecord>(document);
          if (record.ok()) *response.add_trades() = Information(*std::move(record), addresses);
        }
        if (!page.more) return;
        response.set_next_page_token(
            absl::StrCat(page.last.order_millis, "/", page.last.trading_id.ToString()));
      });
}

}  // namespace tallystick::shopping
