#include "client-cli/remote/back_office.h"

#include "platform/wire/convert.h"
#include "tallystick/v1/delivery.grpc.pb.h"
#include "tallystick/v1/payment.grpc.pb.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick {
namespace {

// All pages of one service's list.
template <typename Request, typename Response, typename Stub>
absl::Status ListAll(const Shop& shop, RetryBudget& budget, const std::string& service, Stub stub,
                     std::vector<WaitingWork>& all) {
  ListBudget list;
  Request request;
  do {
    Response response;
    const absl::Status status = shop.Call(
        budget, [&](auto* context) { return stub->ListWork(context, request, &response); });
    if (!status.ok()) return status;
    const absl::Status taken = list.Take(response.ByteSizeLong());
    if (!taken.ok()) return taken;
    for (const v1::WaitingWork& work : response.work()) {
      all.push_back({service, ParseUuid(work.trading_id()).value_or(Uuid{}), work.queue(),
                     work.number(), work.attempts(), work.parked(), work.description(),
                     work.reason(), work.refused()});
    }
    if (response.next_page_token() == request.page_token()) break;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

// One call whose response has a status.
template <typename Response, typename Call>
auto StatusOf(const Shop& shop, Call call, Response* response)
    -> absl::StatusOr<decltype(wire::FromProto(response->status()))> {
  const absl::Status status = shop.Call([&](auto* context) { return call(context, response); });
  if (!status.ok()) return status;
  return wire::FromProto(response->status());
}

}  // namespace

absl::Status BackOffice::UpsertProducts(std::span<const CatalogueProduct> products) {
  auto stub = v1::ShoppingOperations::NewStub(shop_.ChannelTo(shop_.profile().address));
  v1::UpsertProductsRequest request;
  for (const CatalogueProduct& product : products) {
    v1::Product* to = request.add_products();
    to->set_sku(product.sku);
    to->set_name(product.name);
    to->set_category(product.category);
    wire::Put(product.unit_price.minor, product.unit_price.currency, to->mutable_unit_price());
    to->set_tax_rate_basis_points(product.tax_rate_basis_points);
  }
  v1::UpsertProductsResponse response;
  return shop_.Call(
      [&](auto* context) { return stub->UpsertProducts(context, request, &response); });
}

absl::Status BackOffice::AdjustStock(const Uuid& request_id, std::span<const StockDelta> deltas) {
  auto stub = v1::ShoppingOperations::NewStub(shop_.ChannelTo(shop_.profile().address));
  v1::AdjustStockRequest request;
  request.set_request_id(request_id.ToString());
  for (const StockDelta& delta : deltas) {
    v1::StockAdjustment* to = request.add_adjustments();
    to->set_sku(delta.sku);
    to->set_delta(delta.delta);
  }
  v1::AdjustStockResponse response;
  return shop_.Call([&](auto* context) { return stub->AdjustStock(context, request, &response); });
}

absl::Status BackOffice::FindServices() {
  if (!services_.shopping.empty()) return absl::OkStatus();
  auto stub = v1::ShoppingOperations::NewStub(shop_.ChannelTo(shop_.profile().address));
  v1::GetServiceAddressesResponse response;
  const absl::Status status =
      shop_.Call([&](auto* context) { return stub->GetServiceAddresses(context, {}, &response); });
  if (!status.ok()) return status;
  services_ = {response.services().shopping(), response.services().payment(),
               response.services().delivery()};
  return absl::OkStatus();
}

absl::StatusOr<std::vector<WaitingWork>> BackOffice::ListWork() {
  const absl::Status found = FindServices();
  if (!found.ok()) return found;
  std::vector<WaitingWork> all;
  RetryBudget budget(shop_.retry_budget());
  for (const absl::Status& status :
       {ListAll<v1::ShoppingOperationsListWorkRequest, v1::ShoppingOperationsListWorkResponse>(
            shop_, budget, "shopping",
            v1::ShoppingOperations::NewStub(shop_.ChannelTo(services_.shopping)), all),
        ListAll<v1::PaymentOperationsListWorkRequest, v1::PaymentOperationsListWorkResponse>(
            shop_, budget, "payment",
            v1::PaymentOperations::NewStub(shop_.ChannelTo(services_.payment)), all),
        ListAll<v1::DeliveryOperationsListWorkRequest, v1::DeliveryOperationsListWorkResponse>(
            shop_, budget, "delivery",
            v1::DeliveryOperations::NewStub(shop_.ChannelTo(services_.delivery)), all)}) {
    if (!status.ok()) return status;
  }
  return all;
}

absl::StatusOr<int64_t> BackOffice::ResolveWork(const Uuid& trading_id, bool drop) {
  const absl::Status found = FindServices();
  if (!found.ok()) return found;
  int64_t count = 0;
  RetryBudget budget(shop_.retry_budget());
  const auto resolve = [&](auto stub, auto request, auto response) {
    request.set_trading_id(trading_id.ToString());
    request.set_resolution(drop ? v1::WORK_RESOLUTION_DROP : v1::WORK_RESOLUTION_RETRY);
    const absl::Status status = shop_.Call(
        budget, [&](auto* context) { return stub->ResolveWork(context, request, &response); });
    count += response.count();
    return status;
  };
  for (const absl::Status& status :
       {resolve(v1::ShoppingOperations::NewStub(shop_.ChannelTo(services_.shopping)),
                v1::ShoppingOperationsResolveWorkRequest(),
                v1::ShoppingOperationsResolveWorkResponse()),
        resolve(v1::PaymentOperations::NewStub(shop_.ChannelTo(services_.payment)),
                v1::PaymentOperationsResolveWorkRequest(),
                v1::PaymentOperationsResolveWorkResponse()),
        resolve(v1::DeliveryOperations::NewStub(shop_.ChannelTo(services_.delivery)),
                v1::DeliveryOperationsResolveWorkRequest(),
                v1::DeliveryOperationsResolveWorkResponse())}) {
    if (!status.ok()) return status;
  }
  return count;
}

absl::StatusOr<PaymentStatus> BackOffice::RecordTransaction(const Uuid& trading_id, int32_t number,
                                                            TransactionState state,
                                                            const std::string& reason) {
  const absl::Status found = FindServices();
  if (!found.ok()) return found;
  auto stub = v1::PaymentOperations::NewStub(shop_.ChannelTo(services_.payment));
  v1::RecordTransactionRequest request;
  request.set_trading_id(trading_id.ToString());
  request.set_number(number);
  request.set_state(static_cast<v1::TransactionState>(state));
  request.set_failure_reason(reason);
  v1::RecordTransactionResponse response;
  return StatusOf(
      shop_, [&](auto* context, auto* to) { return stub->RecordTransaction(context, request, to); },
      &response);
}

absl::StatusOr<PaymentStatus> BackOffice::RetryTransaction(const Uuid& trading_id, int32_t number) {
  const absl::Status found = FindServices();
  if (!found.ok()) return found;
  auto stub = v1::PaymentOperations::NewStub(shop_.ChannelTo(services_.payment));
  v1::RetryTransactionRequest request;
  request.set_trading_id(trading_id.ToString());
  request.set_number(number);
  v1::RetryTransactionResponse response;
  return StatusOf(
      shop_, [&](auto* context, auto* to) { return stub->RetryTransaction(context, request, to); },
      &response);
}

absl::StatusOr<DeliveryStatus> BackOffice::RecordBooking(const Uuid& trading_id, bool accepted,
                                                         const std::string& reason) {
  const absl::Status found = FindServices();
  if (!found.ok()) return found;
  auto stub = v1::DeliveryOperations::NewStub(shop_.ChannelTo(services_.delivery));
  v1::RecordBookingRequest request;
  request.set_trading_id(trading_id.ToString());
  request.set_accepted(accepted);
  request.set_reason(reason);
  v1::RecordBookingResponse response;
  return StatusOf(
      shop_, [&](auto* context, auto* to) { return stub->RecordBooking(context, request, to); },
      &response);
}

absl::StatusOr<DeliveryStatus> BackOffice::RecordDispatch(
    const Uuid& request_id, const Uuid& trading_id, const std::string& shipment_id,
    const std::vector<GoodsQuantity>& lines, const std::string& carrier,
    const std::string& tracking_number, std::string* left) {
  const absl::Status found = FindServices();
  if (!found.ok()) return found;
  auto stub = v1::DeliveryOperations::NewStub(shop_.ChannelTo(services_.delivery));
  v1::RecordDispatchRequest request;
  request.set_request_id(request_id.ToString());
  request.set_trading_id(trading_id.ToString());
  request.set_shipment_id(shipment_id);
  wire::PutGoods(lines, request.mutable_lines());
  request.set_carrier(carrier);
  request.set_tracking_number(tracking_number);
  v1::RecordDispatchResponse response;
  auto status = StatusOf(
      shop_, [&](auto* context, auto* to) { return stub->RecordDispatch(context, request, to); },
      &response);
  *left = response.shipment_id();
  return status;
}

absl::StatusOr<DeliveryStatus> BackOffice::RecordShipment(const Uuid& trading_id,
                                                          const std::string& shipment_id,
                                                          ShipmentState state,
                                                          const std::string& reason) {
  const absl::Status found = FindServices();
  if (!found.ok()) return found;
  auto stub = v1::DeliveryOperations::NewStub(shop_.ChannelTo(services_.delivery));
  v1::RecordShipmentRequest request;
  request.set_trading_id(trading_id.ToString());
  request.set_shipment_id(shipment_id);
  request.set_state(static_cast<v1::ShipmentState>(state));
  request.set_reason(reason);
  v1::RecordShipmentResponse response;
  return StatusOf(
      shop_, [&](auto* context, auto* to) { return stub->RecordShipment(context, request, to); },
      &response);
}

absl::StatusOr<DeliveryStatus> BackOffice::RecordReturn(const Uuid& trading_id,
                                                        const std::string& return_id,
                                                        ReturnState state,
                                                        const std::string& reason) {
  const absl::Status found = FindServices();
  if (!found.ok()) return found;
  auto stub = v1::DeliveryOperations::NewStub(shop_.ChannelTo(services_.delivery));
  v1::RecordReturnRequest request;
  request.set_trading_id(trading_id.ToString());
  request.set_return_id(return_id);
  request.set_state(static_cast<v1::ReturnState>(state));
  request.set_reason(reason);
  v1::RecordReturnResponse response;
  return StatusOf(
      shop_, [&](auto* context, auto* to) { return stub->RecordReturn(context, request, to); },
      &response);
}

}  // namespace tallystick
