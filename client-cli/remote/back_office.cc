#include "client-cli/remote/back_office.h"

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/delivery.grpc.pb.h"
#include "tallystick/v1/payment.grpc.pb.h"
#include "tallystick/v1/server.grpc.pb.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick {
namespace {

// All pages of one service's list, by its `call`.
template <typename Stub, typename Request, typename Response>
absl::Status ListAll(const Shop& shop, RetryBudget& budget, Side side, Stub& stub,
                     grpc::Status (Stub::*call)(grpc::ClientContext*, const Request&, Response*),
                     std::vector<WaitingWork>& all) {
  ListBudget list;
  Request request;
  do {
    Response response;
    const absl::Status status =
        shop.Call(budget, [&](auto* context) { return (stub.*call)(context, request, &response); });
    if (!status.ok()) return status;
    const absl::Status taken = list.Take(response.ByteSizeLong());
    if (!taken.ok()) return taken;
    for (const v1::WaitingWork& work : response.work()) {
      all.push_back({ServiceOf(side), ParseUuid(work.trading_id()).value_or(Uuid{}), work.queue(),
                     work.number(), work.attempts(), work.parked(), work.description(),
                     work.reason(), work.refused()});
    }
    if (response.next_page_token() == request.page_token()) break;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

// Has all work of one trade resolved at one service; adds how many pieces that were.
template <typename Stub, typename Request, typename Response>
absl::Status Resolve(const Shop& shop, RetryBudget& budget, const Uuid& trading_id, bool drop,
                     Stub& stub,
                     grpc::Status (Stub::*call)(grpc::ClientContext*, const Request&, Response*),
                     int64_t& count) {
  Request request;
  request.set_trading_id(trading_id.ToString());
  request.set_resolution(drop ? v1::WORK_RESOLUTION_DROP : v1::WORK_RESOLUTION_RETRY);
  Response response;
  const absl::Status status =
      shop.Call(budget, [&](auto* context) { return (stub.*call)(context, request, &response); });
  count += response.count();
  return status;
}

// visit(side, stub) for the operations of each service, whether or not others fail; the failures.
template <typename Visit>
std::vector<absl::Status> AtEachService(Shop& shop, const ServiceAddresses& services, Visit visit) {
  v1::ShoppingOperations::Stub shopping(shop.ChannelTo(services.shopping));
  v1::PaymentOperations::Stub payment(shop.ChannelTo(services.payment));
  v1::DeliveryOperations::Stub delivery(shop.ChannelTo(services.delivery));
  std::vector<absl::Status> failures;
  const auto ask = [&](Side side, auto& stub) {
    const absl::Status status = visit(side, stub);
    if (!status.ok()) failures.push_back(shop.Noted(status, side, services[side]));
  };
  ask(Side::kShopping, shopping);
  ask(Side::kPayment, payment);
  ask(Side::kDelivery, delivery);
  return failures;
}

ServerStatus ReadServerStatus(const v1::GetServerStatusResponse& proto) {
  ServerStatus status{proto.version(), proto.ready(), proto.database_answers(),
                      proto.database_read_only()};
  for (const auto& peer : proto.peers()) {
    status.peers.emplace_back(peer.service(), peer.connection());
  }
  for (const auto& queue : proto.queues()) {
    status.queues.push_back({queue.queue(), queue.waiting(), wire::DurationFrom(queue.oldest_due()),
                             queue.retried(), queue.parked()});
  }
  for (const auto& one : proto.certificates()) {
    status.certificates.emplace_back(one.certificate(), wire::TimeFrom(one.expiry_time()));
  }
  return status;
}

// Of a service of which only the shop, which `failed` to, says where it is.
absl::Status NotAsked(const absl::Status& failed, Side side) {
  return MakeError(
      failed.code(), kNotAsked,
      absl::StrCat(ServiceOf(side), " was not asked: the shop did not say where it is; give --",
                   ServiceOf(side), " HOST:PORT"));
}

// What a response has of the trade.
template <typename Response>
auto StatusOf(const absl::StatusOr<Response>& response)
    -> absl::StatusOr<decltype(wire::FromProto(response->status()))> {
  if (!response.ok()) return response.status();
  return wire::FromProto(response->status());
}

}  // namespace

absl::Status BackOffice::OfTheShop(absl::Status status) const {
  return shop_.Noted(std::move(status), Side::kShopping, shop_.profile().address);
}

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
  return OfTheShop(
      shop_.Call([&](auto* context) { return stub->UpsertProducts(context, request, &response); }));
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
  return OfTheShop(
      shop_.Call([&](auto* context) { return stub->AdjustStock(context, request, &response); }));
}

absl::Status BackOffice::FindServices() {
  if (!services_.shopping.empty()) return absl::OkStatus();
  auto stub = v1::ShoppingOperations::NewStub(shop_.ChannelTo(shop_.profile().address));
  v1::GetServiceAddressesResponse response;
  const absl::Status status =
      shop_.Call([&](auto* context) { return stub->GetServiceAddresses(context, {}, &response); });
  if (!status.ok()) return OfTheShop(status);
  services_ = {response.services().shopping(), response.services().payment(),
               response.services().delivery()};
  return absl::OkStatus();
}

absl::StatusOr<std::vector<WaitingWork>> BackOffice::ListWork(std::vector<absl::Status>* failures) {
  const absl::Status found = FindServices();
  if (!found.ok()) return found;
  std::vector<WaitingWork> all;
  RetryBudget budget(shop_.retry_budget());
  std::vector<absl::Status> failed = AtEachService(shop_, services_, [&](Side side, auto& stub) {
    using Stub = std::decay_t<decltype(stub)>;
    return ListAll(shop_, budget, side, stub, &Stub::ListWork, all);
  });
  if (failures != nullptr) {
    *failures = std::move(failed);
  } else if (!failed.empty()) {
    return failed.front();
  }
  return all;
}

PerSide<absl::StatusOr<ServerStatus>> BackOffice::AskServers(const ServiceAddresses& known) {
  PerSide<absl::StatusOr<ServerStatus>> all;
  RetryBudget budget(shop_.retry_budget());
  const absl::Status found = FindServices();
  for (const Side side : kSides) {
    if (!found.ok() && known[side].empty()) {
      all[side] = side == Side::kShopping ? found : NotAsked(found, side);
      continue;
    }
    const std::string& address = known[side].empty() ? services_[side] : known[side];
    auto stub = v1::ServerOperations::NewStub(shop_.ChannelTo(address));
    v1::GetServerStatusResponse response;
    const absl::Status status = shop_.Call(
        budget, [&](auto* context) { return stub->GetServerStatus(context, {}, &response); });
    if (status.ok()) {
      all[side] = ReadServerStatus(response);
    } else {
      all[side] = shop_.Noted(status, side, address);
    }
  }
  return all;
}

absl::StatusOr<std::string> BackOffice::AddressOf(Side side) {
  const absl::Status found = FindServices();
  if (!found.ok()) return found;
  return services_[side];
}

absl::StatusOr<int64_t> BackOffice::ResolveWork(const Uuid& trading_id, bool drop) {
  const absl::Status found = FindServices();
  if (!found.ok()) return found;
  int64_t count = 0;
  RetryBudget budget(shop_.retry_budget());
  const std::vector<absl::Status> failures = AtEachService(shop_, services_, [&](Side, auto& stub) {
    using Stub = std::decay_t<decltype(stub)>;
    return Resolve(shop_, budget, trading_id, drop, stub, &Stub::ResolveWork, count);
  });
  if (!failures.empty()) return failures.front();
  return count;
}

template <typename Stub, typename Request, typename Response, typename Fill>
absl::StatusOr<Response> BackOffice::Tell(Side side, const Uuid& trading_id,
                                          grpc::Status (Stub::*call)(grpc::ClientContext*,
                                                                     const Request&, Response*),
                                          Fill fill) {
  absl::Status status = FindServices();
  if (!status.ok()) return status;
  Stub stub(shop_.ChannelTo(services_[side]));
  Request request;
  request.set_trading_id(trading_id.ToString());
  fill(request);
  Response response;
  status = shop_.Call([&](auto* context) { return (stub.*call)(context, request, &response); });
  if (!status.ok()) return shop_.Noted(status, side, services_[side]);
  return response;
}

absl::StatusOr<PaymentStatus> BackOffice::RecordTransaction(const Uuid& trading_id, int32_t number,
                                                            std::optional<TransactionType> type,
                                                            TransactionState state,
                                                            const std::string& reason) {
  return StatusOf(Tell(Side::kPayment, trading_id, &v1::PaymentOperations::Stub::RecordTransaction,
                       [&](v1::RecordTransactionRequest& request) {
                         request.set_number(number);
                         request.set_state(static_cast<v1::TransactionState>(state));
                         request.set_failure_reason(reason);
                         if (type) request.set_type(static_cast<v1::TransactionType>(*type));
                       }));
}

absl::StatusOr<PaymentStatus> BackOffice::RetryTransaction(const Uuid& trading_id, int32_t number) {
  return StatusOf(Tell(Side::kPayment, trading_id, &v1::PaymentOperations::Stub::RetryTransaction,
                       [&](v1::RetryTransactionRequest& request) { request.set_number(number); }));
}

absl::StatusOr<DeliveryStatus> BackOffice::RecordBooking(const Uuid& trading_id, bool accepted,
                                                         const std::string& reason) {
  return StatusOf(Tell(Side::kDelivery, trading_id, &v1::DeliveryOperations::Stub::RecordBooking,
                       [&](v1::RecordBookingRequest& request) {
                         request.set_accepted(accepted);
                         request.set_reason(reason);
                       }));
}

absl::StatusOr<DeliveryStatus> BackOffice::RecordDispatch(
    const Uuid& request_id, const Uuid& trading_id, const std::string& shipment_id,
    const std::vector<GoodsQuantity>& lines, const std::string& carrier,
    const std::string& tracking_number, std::string* left) {
  const auto response =
      Tell(Side::kDelivery, trading_id, &v1::DeliveryOperations::Stub::RecordDispatch,
           [&](v1::RecordDispatchRequest& request) {
             request.set_request_id(request_id.ToString());
             request.set_shipment_id(shipment_id);
             wire::PutGoods(lines, request.mutable_lines());
             request.set_carrier(carrier);
             request.set_tracking_number(tracking_number);
           });
  if (response.ok()) *left = response->shipment_id();
  return StatusOf(response);
}

absl::StatusOr<DeliveryStatus> BackOffice::RecordShipment(const Uuid& trading_id,
                                                          const std::string& shipment_id,
                                                          ShipmentState state,
                                                          const std::string& reason) {
  return StatusOf(Tell(Side::kDelivery, trading_id, &v1::DeliveryOperations::Stub::RecordShipment,
                       [&](v1::RecordShipmentRequest& request) {
                         request.set_shipment_id(shipment_id);
                         request.set_state(static_cast<v1::ShipmentState>(state));
                         request.set_reason(reason);
                       }));
}

absl::StatusOr<DeliveryStatus> BackOffice::RecordReturn(const Uuid& trading_id,
                                                        const std::string& return_id,
                                                        ReturnState state,
                                                        const std::string& reason) {
  return StatusOf(Tell(Side::kDelivery, trading_id, &v1::DeliveryOperations::Stub::RecordReturn,
                       [&](v1::RecordReturnRequest& request) {
                         request.set_return_id(return_id);
                         request.set_state(static_cast<v1::ReturnState>(state));
                         request.set_reason(reason);
                       }));
}

}  // namespace tallystick
