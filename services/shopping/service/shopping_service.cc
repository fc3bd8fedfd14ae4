#include "services/shopping/service/shopping_service.h"

#include "platform/trade/text.h"

#include "platform/rpc/document_calls.h"
#include "platform/rpc/work_list.h"
#include "tallystick/record/v1/order_record.pb.h"

namespace tallystick::shopping {
namespace {

using record::v1::OrderRecord;

constexpr char kDefaultDeliveryOption[] = "standard";

// The request as the domain sees it, checked as far as the catalogue is not needed.
absl::StatusOr<OrderDraft> ReadDraft(const v1::PlaceOrderRequest& request,
                                     const std::string& buyer) {
  OrderDraft draft;
  const std::optional<Uuid> request_id = ParseUuid(request.request_id());
  if (!request_id) {
    return InvalidField("request_id", "give a UUID of your own, best of version 7");
  }
  draft.request_id = *request_id;
  draft.buyer = buyer;
  for (const v1::OrderItem& item : request.items()) {
    draft.items.push_back({item.sku(), item.quantity()});
  }
  draft.ship_to = wire::FromProto(request.ship_to());
  draft.delivery_option =
      request.delivery_option().empty() ? kDefaultDeliveryOption : request.delivery_option();
  draft.terms = request.terms() == v1::TERMS_UNSPECIFIED ? Terms::kPrepaid
                                                         : static_cast<Terms>(request.terms());
  draft.payment_method = request.payment_method();
  if (request.has_expected_total()) {
    draft.expected_total =
        Money{request.expected_total().currency_code(), request.expected_total().minor_units()};
  }
  draft.buyer_reference = request.buyer_reference();
  const absl::Status status = CheckDraft(draft);
  if (!status.ok()) return status;
  return draft;
}

void WriteProduct(const Product& product, v1::Product* proto) {
  proto->set_sku(product.sku);
  proto->set_name(product.name);
  proto->set_category(product.category);
  wire::Put(product.unit_price, product.currency, proto->mutable_unit_price());
  proto->set_tax_rate_basis_points(product.tax_rate_basis_points);
  proto->set_stock(product.stock);
}

void WritePage(const ProductPage& page, v1::ListProductsResponse* response) {
  for (const Product& product : page.products) WriteProduct(product, response->add_products());
  for (const DeliveryOption& option : page.options) {
    v1::DeliveryOption* proto = response->add_delivery_options();
    proto->set_code(option.code);
    proto->set_name(option.name);
    proto->set_fee_minor_units(option.fee);
    proto->set_lead_time_hours(static_cast<int32_t>(absl::ToInt64Hours(option.lead_time)));
  }
  if (page.more) response->set_next_page_token(page.products.back().sku);
}

}  // namespace

v1::TradingInformation ShoppingServiceImpl::Information(const Placed& placed) const {
  v1::TradingInformation information;
  information.set_trading_id(placed.contents.trading_id.ToString());
  *information.mutable_contents() = wire::ToProto(placed.contents);
  *information.mutable_services() = addresses_;
  information.set_contents_digest(placed.contents_digest);
  wire::Put(placed.return_period, information.mutable_return_period());
  return information;
}

void ShoppingServiceImpl::WriteInformation(OrderRecord record,
                                           v1::TradingInformation* information) const {
  information->set_trading_id(record.contents().trading_id());
  *information->mutable_services() = addresses_;
  information->set_contents_digest(record.status().order().contents_digest());
  if (record.return_period_ms() > 0) {
    wire::Put(absl::Milliseconds(record.return_period_ms()), information->mutable_return_period());
  }
  *information->mutable_contents() = std::move(*record.mutable_contents());
}

grpc::ServerUnaryReactor* ShoppingServiceImpl::ListProducts(grpc::CallbackServerContext* context,
                                                            const v1::ListProductsRequest* request,
                                                            v1::ListProductsResponse* response) {
  absl::StatusOr<rpc::Admission> call = gate_.AdmitCaller(*context);
  if (!call.ok()) return rpc::Finish(context, call.status());
  const absl::StatusOr<int> page_size = rpc::ReadPageSize(request->page_size());
  if (!page_size.ok()) return rpc::Finish(context, page_size.status());
  const absl::Status counted = call->CountRequests(static_cast<size_t>(*page_size));
  if (!counted.ok()) return rpc::Finish(context, counted);
  const absl::Status token =
      CheckText("page_token", request->page_token(), kMaxReferenceBytes, false);
  if (!token.ok()) return rpc::Finish(context, token);
  return rpc::Hand(context, *std::move(call), desks_.products,
                   ProductQuery{request->page_token(), *page_size},
                   [response](const ProductPage& page) { WritePage(page, response); });
}

grpc::ServerUnaryReactor* ShoppingServiceImpl::PlaceOrder(grpc::CallbackServerContext* context,
                                                          const v1::PlaceOrderRequest* request,
                                                          v1::PlaceOrderResponse* response) {
  absl::StatusOr<rpc::Admission> call = gate_.AdmitCaller(*context);
  if (!call.ok()) return rpc::Finish(context, call.status());
  absl::StatusOr<OrderDraft> draft = ReadDraft(*request, call->subject());
  if (!draft.ok()) return rpc::Finish(context, draft.status());
  return rpc::Hand(context, *std::move(call), desks_.orders, *std::move(draft),
                   [this, response](const Placed& placed) {
                     *response->mutable_information() = Information(placed);
                   });
}

grpc::ServerUnaryReactor* ShoppingServiceImpl::BatchPlaceOrders(
    grpc::CallbackServerContext* context, const v1::BatchPlaceOrdersRequest* request,
    v1::BatchPlaceOrdersResponse* response) {
  absl::StatusOr<rpc::Admission> call = gate_.AdmitCaller(*context);
  if (!call.ok()) return rpc::Finish(context, call.status());
  const absl::Status size = rpc::CheckBatchSize("requests", request->requests_size());
  if (!size.ok()) return rpc::Finish(context, size);
  std::vector<absl::StatusOr<OrderDraft>> drafts;
  for (const v1::PlaceOrderRequest& order : request->requests()) {
    drafts.push_back(ReadDraft(order, call->subject()));
    response->add_results();
  }
  return rpc::HandAll(context, *std::move(call), desks_.orders, std::move(drafts),
                      [this, response](size_t i, const absl::StatusOr<Placed>& placed) {
                        v1::PlaceOrderResult* result =
                            response->mutable_results(static_cast<int>(i));
                        if (placed.ok()) {
                          *result->mutable_information() = Information(*placed);
                        } else {
                          *result->mutable_error() = rpc::ToProto(placed.status());
                        }
                      });
}

grpc::ServerUnaryReactor* ShoppingServiceImpl::GetTradingInformation(
    grpc::CallbackServerContext* context, const v1::GetTradingInformationRequest* request,
    v1::GetTradingInformationResponse* response) {
  return rpc::ReadDocument<OrderRecord>(
      context, gate_, desks_.statuses, request, [this, response](OrderRecord record) {
        WriteInformation(std::move(record), response->mutable_information());
      });
}

grpc::ServerUnaryReactor* ShoppingServiceImpl::GetOrderStatus(
    grpc::CallbackServerContext* context, const v1::GetOrderStatusRequest* request,
    v1::GetOrderStatusResponse* response) {
  return rpc::ReadDocument<OrderRecord>(
      context, gate_, desks_.statuses, request, [response](OrderRecord record) {
        response->mutable_status()->Swap(record.mutable_status()->mutable_order());
      });
}

grpc::ServerUnaryReactor* ShoppingServiceImpl::BatchGetOrderStatuses(
    grpc::CallbackServerContext* context, const v1::BatchGetOrderStatusesRequest* request,
    v1::BatchGetOrderStatusesResponse* response) {
  return rpc::ReadDocuments<OrderRecord>(
      context, gate_, desks_.statuses, request, response,
      [](v1::OrderStatusResult* result, OrderRecord record) {
        result->mutable_status()->Swap(record.mutable_status()->mutable_order());
      });
}

grpc::ServerUnaryReactor* ShoppingServiceImpl::GetTradingStatus(
    grpc::CallbackServerContext* context, const v1::GetTradingStatusRequest* request,
    v1::GetTradingStatusResponse* response) {
  return rpc::ReadDocument<OrderRecord>(context, gate_, desks_.statuses, request,
                                        [response](OrderRecord record) {
                                          response->mutable_status()->Swap(record.mutable_status());
                                        });
}

grpc::ServerUnaryReactor* ShoppingServiceImpl::BatchGetTradingStatuses(
    grpc::CallbackServerContext* context, const v1::BatchGetTradingStatusesRequest* request,
    v1::BatchGetTradingStatusesResponse* response) {
  return rpc::ReadDocuments<OrderRecord>(context, gate_, desks_.statuses, request, response,
                                         [](v1::TradingStatusResult* result, OrderRecord record) {
                                           result->mutable_status()->Swap(record.mutable_status());
                                         });
}

}  // namespace tallystick::shopping
