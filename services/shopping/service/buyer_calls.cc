// What buyers do with trades that they have: list, watch, cancel, return; the rest of the service
// is in shopping_service.cc.
#include "absl/strings/str_split.h"
#include "platform/rpc/watch_calls.h"
#include "platform/rpc/work_list.h"
#include "services/shopping/service/shopping_service.h"
#include "tallystick/record/v1/order_record.pb.h"

namespace tallystick::shopping {
namespace {

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

template <typename Request, typename What, typename Fill>
grpc::ServerUnaryReactor* HandRequest(grpc::CallbackServerContext* context, rpc::Gate& gate,
                                      RequestBatcher& requests, const Request& request, What what,
                                      Fill fill) {
  absl::StatusOr<rpc::Admission> call = gate.AdmitCaller(*context);
  if (!call.ok()) return rpc::Finish(context, call.status());
  const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", request.trading_id());
  if (!id.ok()) return rpc::Finish(context, id.status());
  const std::optional<Uuid> request_id = ParseUuid(request.request_id());
  if (!request_id) {
    return rpc::Finish(context,
                       InvalidField("request_id", "give a UUID of your own, best of version 7"));
  }
  what.request_id = *request_id;
  const absl::Status checked = CheckRequest(what);
  if (!checked.ok()) return rpc::Finish(context, checked);
  BuyerRequest asked{*id, call->subject(), std::move(what)};
  return rpc::Hand(context, *std::move(call), requests, std::move(asked), std::move(fill));
}

}  // namespace

grpc::ServerUnaryReactor* ShoppingServiceImpl::ListTrades(grpc::CallbackServerContext* context,
                                                          const v1::ListTradesRequest* request,
                                                          v1::ListTradesResponse* response) {
  absl::StatusOr<rpc::Admission> call = gate_.AdmitCaller(*context);
  if (!call.ok()) return rpc::Finish(context, call.status());
  const absl::StatusOr<int> page_size = rpc::ReadPageSize(request->page_size());
  if (!page_size.ok()) return rpc::Finish(context, page_size.status());
  const absl::Status counted = call->CountRequests(static_cast<size_t>(*page_size));
  if (!counted.ok()) return rpc::Finish(context, counted);
  const absl::StatusOr<ListedTrade> after = ReadToken(request->page_token());
  if (!after.ok()) return rpc::Finish(context, after.status());
  TradeQuery query{call->subject(), *after, *page_size};
  return rpc::Hand(context, *std::move(call), desks_.trades, std::move(query),
                   [this, response](const TradePage& page) {
                     for (const std::string& document : page.documents) {
                       // One that cannot be read must not hide the others.
                       auto record = rpc::ParseStored<record::v1::OrderRecord>(document);
                       if (record.ok())
                         WriteInformation(*std::move(record), response->add_trades());
                     }
                     if (!page.more) return;
                     response->set_next_page_token(absl::StrCat(page.last.order_millis, "/",
                                                                page.last.trading_id.ToString()));
                   });
}

grpc::ServerWriteReactor<v1::WatchOrderStatusResponse>* ShoppingServiceImpl::WatchOrderStatus(
    grpc::CallbackServerContext* context, const v1::WatchOrderStatusRequest* request) {
  return rpc::WatchDocument<record::v1::OrderChange, v1::WatchOrderStatusResponse>(
      context, gate_, desks_.statuses, request,
      [](record::v1::OrderChange change, v1::WatchOrderStatusResponse* response) {
        response->mutable_status()->Swap(change.mutable_order());
      });
}

grpc::ServerUnaryReactor* ShoppingServiceImpl::CancelOrder(grpc::CallbackServerContext* context,
                                                           const v1::CancelOrderRequest* request,
                                                           v1::CancelOrderResponse* response) {
  return HandRequest(context, gate_, desks_.requests, *request,
                     CancelRequest{{}, request->reason()}, [response](const Requested& requested) {
                       *response->mutable_status() = wire::ToProto(requested.status);
                     });
}

grpc::ServerUnaryReactor* ShoppingServiceImpl::ReturnProducts(
    grpc::CallbackServerContext* context, const v1::ReturnProductsRequest* request,
    v1::ReturnProductsResponse* response) {
  return HandRequest(context, gate_, desks_.requests, *request,
                     ReturnRequest{{}, wire::GoodsFrom(request->lines()), request->reason()},
                     [response](const Requested& requested) {
                       *response->mutable_status() = wire::ToProto(requested.status);
                       response->set_return_id(requested.return_id);
                     });
}

}  // namespace tallystick::shopping
