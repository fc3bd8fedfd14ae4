#include "client-cli/remote/shop.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client-cli/remote/failure_words.h"
#include "client-cli/wire/record.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "platform/error/error.h"
#include "platform/process/guarded_file.h"
#include "platform/trade/text.h"
#include "platform/transport/channel.h"
#include "platform/transport/status.h"
#include "platform/transport/tls.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick {
namespace {

constexpr int kProductPageSize = 1000;
constexpr int kTradePageSize = 500;

constexpr size_t kMaxFileBytes = 1 << 20;

// `secret`: nobody else may read it.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, bool secret) {
  absl::StatusOr<std::string> text = ReadGuardedFile(
      path, secret ? FileGuard::kForOwner : FileGuard::kWrittenByOwner, kMaxFileBytes);
  if (text.ok() && text->empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": is empty; tally shop add names another file"));
  }
  return text;
}

CatalogueProduct ReadProduct(const v1::Product& proto) {
  return {proto.sku(),
          proto.name(),
          proto.category(),
          {proto.unit_price().currency_code(), proto.unit_price().minor_units()},
          proto.tax_rate_basis_points(),
          proto.stock()};
}

// The products after those of earlier pages; each page has all options.
void AddPage(const v1::ListProductsResponse& page, CataloguePages& pages) {
  for (const v1::Product& proto : page.products()) pages.products.push_back(ReadProduct(proto));
  pages.options.clear();
  for (const v1::DeliveryOption& proto : page.delivery_options()) {
    pages.options.push_back(
        {proto.code(), proto.name(), proto.fee_minor_units(), proto.lead_time_hours()});
  }
}

}  // namespace

absl::StatusOr<Access> ReadAccess(const Profile& profile) {
  if (!IsHostPort(profile.address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("shop '", profile.name, "' at ", profile.address,
                     ": give its address as host:port, e.g. shop.example.com:7401"));
  }
  if (profile.ca_file.empty() && !rpc::IsLoopback(profile.address)) {
    return absl::FailedPreconditionError(
        absl::StrCat("shop '", profile.name, "' at ", profile.address,
                     " needs --ca FILE: without TLS, tally talks to this machine only"));
  }
  Access access;
  if (!profile.ca_file.empty()) {
    const absl::StatusOr<std::string> ca = ReadSmallFile(profile.ca_file, false);
    if (!ca.ok()) return ca.status();
    // Or every connection would fail, with words about something else.
    if (const absl::Status sound = rpc::CheckCaPem(*ca); !sound.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat(profile.ca_file, ": ", sound.message(),
                       "; give the PEM file of the authority that the shop's servers are under "
                       "with tally shop add --ca"));
    }
    access.ca_pem = *ca;
  }
  if (profile.token_file.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("shop '", profile.name, "' has no token; give it with tally shop add ",
                     profile.name, " ", profile.address, " --ca FILE --token-file FILE"));
  }
  const absl::StatusOr<std::string> token = ReadSmallFile(profile.token_file, true);
  if (!token.ok()) return token.status();
  access.token = std::string(absl::StripAsciiWhitespace(*token));
  // Metadata takes nothing else, and gRPC would end the process.
  const bool printable = std::all_of(access.token.begin(), access.token.end(),
                                     [](char c) { return c > 0x20 && c < 0x7f; });
  if (access.token.empty() || !printable) {
    return absl::FailedPreconditionError(absl::StrCat(profile.token_file, ": is not a token"));
  }
  return access;
}

absl::Status ListBudget::Take(size_t page_bytes) {
  bytes_ += page_bytes;
  const bool in_time = SteadyNow() < end_;
  if (++pages_ <= kMaxPages && bytes_ <= kMaxListBytes && in_time) return absl::OkStatus();
  return absl::ResourceExhaustedError("the server's list does not end; it is not taken in");
}

std::shared_ptr<grpc::Channel> Shop::ChannelTo(const std::string& address) {
  std::shared_ptr<grpc::Channel>& channel = channels_[address];
  if (channel != nullptr) return channel;
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (!access_.ca_pem.empty()) {
    credentials = rpc::TrustCa(access_.ca_pem);
  } else if (rpc::IsLoopback(address)) {
    credentials = grpc::InsecureChannelCredentials();
  }  // otherwise none: every call on the channel fails
  channel = rpc::MakeChannel(address, credentials);
  return channel;
}

void Shop::Prepare(grpc::ClientContext& context) const {
  rpc::SetDeadline(context, timeout_);
  context.AddMetadata("authorization", absl::StrCat("Bearer ", access_.token));
  context.AddMetadata("traceparent", ChildOf(traceparent_));
}

absl::Status Shop::Call(const RemoteCall& call) const {
  RetryBudget budget(retry_budget_);
  return Call(budget, call);
}

std::shared_ptr<void> Shop::Waiting() const {
  return on_wait_ ? on_wait_(absl::StrCat("the shop '", profile_.name, "'")) : nullptr;
}

absl::Status Shop::Call(RetryBudget& budget, const RemoteCall& call) const {
  const std::shared_ptr<void> waiting = Waiting();
  while (true) {
    grpc::ClientContext context;
    Prepare(context);
    absl::Status status = rpc::FromGrpc(call(&context));
    const std::optional<absl::Duration> wait = budget.Next(status);
    if (!wait) return status;
    absl::SleepFor(*wait);
  }
}

absl::Status Shop::Noted(absl::Status status, Side side, const std::string& address) const {
  return Noting(std::move(status), {profile_.name, ServiceOf(side), address});
}

absl::StatusOr<CataloguePages> Shop::ListProducts() {
  auto stub = v1::ShoppingService::NewStub(ChannelTo(profile_.address));
  CataloguePages pages;
  ListBudget list;
  RetryBudget budget(retry_budget_);
  v1::ListProductsRequest request;
  request.set_page_size(kProductPageSize);
  do {
    v1::ListProductsResponse response;
    const absl::Status status = Call(
        budget, [&](auto* context) { return stub->ListProducts(context, request, &response); });
    if (!status.ok()) return Noted(status, Side::kShopping, profile_.address);
    const absl::Status taken = list.Take(response.ByteSizeLong());
    if (!taken.ok()) return taken;
    AddPage(response, pages);
    // A token that does not move on would make this loop endless.
    if (response.next_page_token() == request.page_token()) break;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return pages;
}

absl::StatusOr<CataloguePages> Shop::FirstProducts(int most) {
  auto stub = v1::ShoppingService::NewStub(ChannelTo(profile_.address));
  v1::ListProductsRequest request;
  request.set_page_size(most);
  v1::ListProductsResponse response;
  const absl::Status status =
      Call([&](auto* context) { return stub->ListProducts(context, request, &response); });
  if (!status.ok()) return Noted(status, Side::kShopping, profile_.address);
  CataloguePages pages;
  AddPage(response, pages);
  return pages;
}

size_t Shop::OrderBytes(const LedgerTrade& trade) {
  return ToProto(trade.request, trade.request_id).ByteSizeLong();
}

absl::Status Shop::Connect() {
  const std::shared_ptr<void> waiting = Waiting();
  const std::shared_ptr<grpc::Channel> channel = ChannelTo(profile_.address);
  const absl::Time end = absl::Now() + timeout_;
  std::string cause = "it does not answer";
  while (absl::Now() < end) {
    const grpc_connectivity_state state = channel->GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) return absl::OkStatus();
    if (state != GRPC_CHANNEL_TRANSIENT_FAILURE && state != GRPC_CHANNEL_SHUTDOWN) {
      channel->WaitForStateChange(state, absl::ToChronoTime(end));
      continue;
    }
    // A call that changes nothing says why; unless the connection is there now.
    grpc::ClientContext context;
    rpc::SetDeadline(context, end - absl::Now());
    grpc::health::v1::HealthCheckResponse response;
    const grpc::Status status =
        grpc::health::v1::Health::NewStub(channel)->Check(&context, {}, &response);
    if (status.error_code() != grpc::UNAVAILABLE) continue;
    cause = status.error_message();
    break;
  }
  return Noted(MakeError(absl::StatusCode::kUnavailable, kNotConnected,
                         absl::StrCat("no connection to '", profile_.name, "' at ",
                                      profile_.address, ": ", cause)),
               Side::kShopping, profile_.address);
}

absl::Status Shop::PlaceOnce(std::span<const LedgerTrade> trades, const std::vector<size_t>& open,
                             RetryBudget& budget,
                             std::vector<absl::StatusOr<TradingInformation>>& answers) {
  auto stub = v1::ShoppingService::NewStub(ChannelTo(profile_.address));
  v1::BatchPlaceOrdersRequest request;
  for (const size_t i : open) {
    *request.add_requests() = ToProto(trades[i].request, trades[i].request_id);
  }
  // What is not sent for want of a connection has certainly not arrived.
  const absl::Status connected = Connect();
  if (!connected.ok()) return connected;
  v1::BatchPlaceOrdersResponse response;
  const absl::Status status = Call(
      budget, [&](auto* context) { return stub->BatchPlaceOrders(context, request, &response); });
  if (IsRequestTooLarge(status, request.ByteSizeLong())) {
    return MakeError(absl::StatusCode::kInvalidArgument, kOrderTooLarge,
                     absl::StrCat("the order takes ", request.ByteSizeLong(),
                                  " bytes, more than the shop reads of one message; divide it "
                                  "into several orders"));
  }
  if (!status.ok()) return Noted(status, Side::kShopping, profile_.address);
  if (response.results_size() != request.requests_size()) {
    return absl::InternalError("the shop answered another number of orders than was sent");
  }
  for (size_t n = 0; n < open.size(); ++n) {
    const v1::PlaceOrderResult& result = response.results(static_cast<int>(n));
    absl::StatusOr<TradingInformation>& answer = answers[open[n]];
    if (result.has_information()) {
      answer = FromProto(result.information());
      continue;
    }
    absl::Status error = rpc::FromProto(result.error());
    if (error.ok()) error = absl::InternalError("the shop answered neither yes nor no");
    answer = std::move(error);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<absl::StatusOr<TradingInformation>>> Shop::PlaceOrders(
    std::span<const LedgerTrade> trades) {
  std::vector<absl::StatusOr<TradingInformation>> answers(trades.size());
  std::vector<size_t> open(trades.size());
  std::iota(open.begin(), open.end(), size_t{0});
  RetryBudget budget(retry_budget_);
  while (true) {
    absl::Status sent = PlaceOnce(trades, open, budget, answers);
    if (!sent.ok() && open.size() == trades.size()) return sent;
    if (!sent.ok()) {
      // What is wrong with a message is not what is wrong with each order in it.
      if (open.size() > 1 && IsFinal(sent)) sent = absl::UnavailableError(sent.message());
      for (const size_t i : open) answers[i] = sent;
      return answers;
    }
    // The shop may have had no room for some of them.
    const size_t answered =
        std::erase_if(open, [&](size_t i) { return !RetryAfter(answers[i].status()); });
    if (open.empty()) return answers;
    if (answered > 0 && IsAnswerFull(answers[open.front()].status())) continue;
    const std::optional<absl::Duration> wait = budget.Next(answers[open.front()].status());
    if (!wait) return answers;
    absl::SleepFor(*wait);
  }
}

absl::StatusOr<std::vector<TradingInformation>> Shop::ListTrades() {
  auto stub = v1::ShoppingService::NewStub(ChannelTo(profile_.address));
  std::vector<TradingInformation> trades;
  ListBudget list;
  RetryBudget budget(retry_budget_);
  v1::ListTradesRequest request;
  request.set_page_size(kTradePageSize);
  do {
    v1::ListTradesResponse response;
    const absl::Status status =
        Call(budget, [&](auto* context) { return stub->ListTrades(context, request, &response); });
    if (!status.ok()) return Noted(status, Side::kShopping, profile_.address);
    const absl::Status taken = list.Take(response.ByteSizeLong());
    if (!taken.ok()) return taken;
    for (const v1::TradingInformation& proto : response.trades()) {
      trades.push_back(FromProto(proto));
    }
    if (response.next_page_token() == request.page_token()) break;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return trades;
}

absl::StatusOr<OrderStatus> Shop::Send(const TradeRequest& request, const LedgerTrade& trade,
                                       std::string* return_id) {
  const std::string& address = trade.information->services.shopping;
  auto stub = v1::ShoppingService::NewStub(ChannelTo(address));
  const std::string trading_id = trade.information->contents.trading_id.ToString();
  if (request.kind == TradeRequest::kCancel) {
    v1::CancelOrderRequest proto;
    proto.set_request_id(request.request_id.ToString());
    proto.set_trading_id(trading_id);
    proto.set_reason(request.reason);
    v1::CancelOrderResponse response;
    const absl::Status status =
        Call([&](auto* context) { return stub->CancelOrder(context, proto, &response); });
    if (!status.ok()) return Noted(status, Side::kShopping, address);
    return wire::FromProto(response.status());
  }
  v1::ReturnProductsRequest proto;
  proto.set_request_id(request.request_id.ToString());
  proto.set_trading_id(trading_id);
  wire::PutGoods(request.lines, proto.mutable_lines());
  proto.set_reason(request.reason);
  v1::ReturnProductsResponse response;
  const absl::Status status =
      Call([&](auto* context) { return stub->ReturnProducts(context, proto, &response); });
  if (!status.ok()) return Noted(status, Side::kShopping, address);
  *return_id = response.return_id();
  return wire::FromProto(response.status());
}

}  // namespace tallystick
