// Who may do what: every RPC of every service on each port, by every kind of caller, against the
// table access_matrix.txt. With TALLYSTICK_SEEN_MATRIX=FILE, what is seen is written there as well:
// for a new RPC, read its rows and take over what is right.
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "platform/wire/convert.h"
#include "tests/support/any_call.h"
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {
namespace {

constexpr const char* kCallers[] = {"no-token", "expired",     "wrong-audience", "wrong-issuer",
                                    "forged",   "other-buyer", "buyer",          "operator",
                                    "peer",     "other-peer"};

// "Service/Method port" → what each caller gets.
using Table = std::map<std::string, std::vector<std::string>>;

Table ReadTable() {
  std::ifstream file(TALLYSTICK_SOURCE_DIR "/tests/integration/access_matrix.txt");
  Table table;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string method, port, word;
    if (line.empty() || line[0] == '#' || !(words >> method >> port)) continue;
    std::vector<std::string>& cells = table[method + " " + port];
    REQUIRE(cells.empty());
    while (words >> word) cells.push_back(word);
    INFO(line);
    REQUIRE(cells.size() == std::size(kCallers));
  }
  return table;
}

std::string TokenOf(const std::string& caller) {
  TokenRequest request = Keys::For("alice");
  if (caller == "expired") request.lifetime = absl::Hours(-1);
  if (caller == "wrong-audience") request.audience = "another shop";
  if (caller == "wrong-issuer") request.issuer = "somebody";
  if (caller == "other-buyer") request.subject = "bob";
  if (caller == "operator") request = Keys::For("operator:olga");
  const std::string token = MakeToken(Keys::Get().signing_key(), request, absl::Now());
  if (caller != "forged") return token;
  // The right header, with the right key's name; signed by somebody else.
  const std::string other = MakeToken(SigningKey::Generate(KeyKind::kP256), request, absl::Now());
  return token.substr(0, token.rfind('.')) + other.substr(other.rfind('.'));
}

// Reason or code; for a batch, also that of its first element's error.
std::string CellOf(const AnyAnswer& answer) {
  if (!answer.status.ok()) {
    const std::string reason = answer.reason();
    return reason.empty()
               ? absl::StatusCodeToString(static_cast<absl::StatusCode>(answer.status.error_code()))
               : reason;
  }
  const auto* results = answer.response->GetDescriptor()->FindFieldByName("results");
  if (results == nullptr) return "OK";
  const auto* reflection = answer.response->GetReflection();
  REQUIRE(reflection->FieldSize(*answer.response, results) == 1);
  const Message& result = reflection->GetRepeatedMessage(*answer.response, results, 0);
  const auto* error = result.GetDescriptor()->FindFieldByName("error");
  if (error == nullptr || !result.GetReflection()->HasField(result, error)) return "OK";
  const auto& status =
      dynamic_cast<const google::rpc::Status&>(result.GetReflection()->GetMessage(result, error));
  return "OK/" + GetErrorDetail(rpc::FromProto(status)).reason;
}

// A server of one port, as somebody who has or has not a certificate connects to it.
class Doors {
 public:
  explicit Doors(const InProcessStack& stack) : stack_(stack) {}

  // `server` 0 to 2; `as` names the server whose certificate is shown, or is empty.
  std::shared_ptr<grpc::Channel> To(int server, bool internal, const std::string& as) {
    auto& channel = channels_[{server, internal, as}];
    if (channel == nullptr) {
      const std::string ca =
          internal ? ReadFile(Keys::Get().File("ca/internal-ca.crt")) : Keys::Get().BuyersCa();
      const std::string own = Keys::Get().File(as + "/internal.");
      channel = rpc::MakeChannel(
          stack_.address(internal ? server + 3 : server),
          as.empty() ? rpc::TrustCa(ca)
                     : grpc::SslCredentials({ca, ReadFile(own + "key"), ReadFile(own + "crt")}));
    }
    return channel;
  }

 private:
  const InProcessStack& stack_;
  std::map<std::tuple<int, bool, std::string>, std::shared_ptr<grpc::Channel>> channels_;
};

int ServerOf(const MethodDescriptor* method) {
  const std::string& file = method->file()->name();
  // (Payment and delivery offer TradeRecovery by the same lines.)
  return file.find("payment") != std::string::npos    ? 1
         : file.find("recovery") != std::string::npos ? 1
         : file.find("delivery") != std::string::npos ? 2
                                                      : 0;
}

// The peers that the server of a method listens to, the right one for it first.
std::pair<std::string, std::string> PeersOf(int server) {
  if (server == 0) return {"payment", "shopping"};
  return {"shopping", server == 1 ? "delivery" : "payment"};
}

std::unique_ptr<Message> RequestFor(const MethodDescriptor* method, const std::string& id) {
  auto request = NewMessage(method->input_type());
  FillSensibly(*request, id);
  if (auto* reports = dynamic_cast<v1::ApplyReportsRequest*>(request.get())) {
    reports->mutable_reports(0)->clear_delivery();
    reports->mutable_reports(0)->mutable_payment()->set_trading_id(id);
  }
  return request;
}

TEST_CASE("who may do what: every RPC, port and caller as the table says") {
  InProcessStack stack;
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  Doors doors(stack);
  Table expected = ReadTable();
  std::string wrong;
  const char* seen_path = std::getenv("TALLYSTICK_SEEN_MATRIX");
  std::ofstream seen_file(seen_path == nullptr ? "/dev/null" : seen_path);
  for (const MethodDescriptor* method : AllMethods()) {
    const int server = ServerOf(method);
    for (const std::string port : {"public", "internal"}) {
      const std::string name = method->service()->name() + "/" + method->name();
      std::string seen;
      seen_file << std::left << std::setw(48) << name + " " + port;
      for (const std::string caller : kCallers) {
        const bool is_peer = caller == "peer" || caller == "other-peer";
        const std::string as = caller == "peer"         ? PeersOf(server).first
                               : caller == "other-peer" ? PeersOf(server).second
                                                        : "";
        const AnyAnswer answer =
            Call(doors.To(server, port == "internal", as), method, *RequestFor(method, id),
                 is_peer || caller == "no-token" ? "" : TokenOf(caller));
        seen += " " + CellOf(answer);
        seen_file << " " << std::setw(18) << CellOf(answer);
      }
      seen_file << "\n";
      std::string row;
      for (const std::string& cell : expected[name + " " + port]) row += " " + cell;
      expected.erase(name + " " + port);
      if (row != seen) wrong += name + " " + port + seen + "\n    the table says:" + row + "\n";
    }
  }
  for (const auto& [row, cells] : expected) wrong += row + ": no such RPC\n";
  INFO(wrong);
  REQUIRE(wrong.empty());
}

TEST_CASE("a server reports only what is its own") {
  InProcessStack stack;
  v1::ApplyReportsRequest request;
  request.add_reports()->mutable_delivery()->set_trading_id(NewUuidV7(absl::Now()).ToString());
  const auto report_as = [&](const char* server) {
    const auto intake =
        v1::ReportIntake::NewStub(Keys::Get().PeerChannel(server, "shopping", stack.address(3)));
    grpc::ClientContext context;
    rpc::SetDeadline(context, absl::Seconds(10));
    v1::ApplyReportsResponse response;
    REQUIRE(intake->ApplyReports(&context, request, &response).ok());
    REQUIRE(response.results_size() == 2);
    // (The trade is not known, whoever reports.)
    REQUIRE(response.results(1).outcome() == v1::APPLY_OUTCOME_NOT_YET);
    return response.results(0);
  };
  request.add_reports()->mutable_payment()->set_trading_id(
      request.reports(0).delivery().trading_id());
  const v1::ApplyResult stranger = report_as("payment");
  REQUIRE(stranger.outcome() == v1::APPLY_OUTCOME_FAILED);
  REQUIRE(stranger.reason() == "only this server may do this: delivery");
  request.mutable_reports()->SwapElements(0, 1);
  REQUIRE(report_as("delivery").reason() == "only this server may do this: payment");
}

TEST_CASE("another's trade and none at all are answered with the same bytes") {
  InProcessStack stack;
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  // As like it as can be.
  std::string none = id;
  none.back() = none.back() == '0' ? '1' : '0';
  Doors doors(stack);
  int compared = 0;
  for (const MethodDescriptor* method : AllMethods()) {
    const std::string& service = method->service()->name();
    if (service != "ShoppingService" && service != "PaymentService" &&
        service != "DeliveryService") {
      continue;
    }
    const auto* type = method->input_type();
    const bool batch = type->FindFieldByName("trading_ids") != nullptr;
    if (!batch && type->FindFieldByName("trading_id") == nullptr) continue;
    CAPTURE(method->full_name());
    const auto channel = doors.To(ServerOf(method), false, "");
    const std::string bob = TokenOf("other-buyer");
    const AnyAnswer others = Call(channel, method, *RequestFor(method, id), bob);
    const AnyAnswer nobodys = Call(channel, method, *RequestFor(method, none), bob);
    REQUIRE(others.bytes() == nobodys.bytes());
    REQUIRE(others.status.ok() == batch);
    if (batch) {
      REQUIRE(others.response->SerializeAsString() == nobodys.response->SerializeAsString());
    }
    ++compared;
  }
  REQUIRE(compared == 14);
}

// Every text field of a request, one at a time: a card number in it is refused, and nothing of it
// is stored.
void TryCardNumbers(const std::shared_ptr<grpc::Channel>& channel, const MethodDescriptor* method,
                    const std::string& token, Message& whole, Message& part, int* tried) {
  const auto* type = part.GetDescriptor();
  const auto* reflection = part.GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    CAPTURE(field->full_name());
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (field->message_type()->full_name() == "google.protobuf.Timestamp") continue;
      if (field->is_repeated()) {
        if (reflection->FieldSize(part, field) == 0) reflection->AddMessage(&part, field);
        TryCardNumbers(channel, method, token, whole,
                       *reflection->MutableRepeatedMessage(&part, field, 0), tried);
      } else {
        TryCardNumbers(channel, method, token, whole, *reflection->MutableMessage(&part, field),
                       tried);
      }
      continue;
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) continue;
    std::unique_ptr<Message> before(part.New());
    before->CopyFrom(part);
    if (field->is_repeated()) {
      reflection->ClearField(&part, field);
      reflection->AddString(&part, field, "4111 1111 1111 1111");
    } else {
      reflection->SetString(&part, field, "4111111111111111");
    }
    const AnyAnswer answer = Call(channel, method, whole, token);
    std::string cell = CellOf(answer);
    if (cell.substr(0, 3) == "OK/") cell = cell.substr(3);
    INFO(answer.status.error_message());
    REQUIRE(cell != "OK");
    part.CopyFrom(*before);
    ++*tried;
  }
}

TEST_CASE("a card number is refused in every text field of every request") {
  InProcessStack stack;
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  Doors doors(stack);
  int tried = 0;
  for (const MethodDescriptor* method : AllMethods()) {
    const std::string& service = method->service()->name();
    if (service == "Health" || service == "ReportIntake" ||
        service.find("Instructions") != std::string::npos) {
      continue;
    }
    CAPTURE(method->full_name());
    const auto request = RequestFor(method, id);
    TryCardNumbers(doors.To(ServerOf(method), false, ""), method,
                   Keys::Get().Token("operator:olga"), *request, *request, &tried);
  }
  REQUIRE(tried > 60);
  for (const char* database : {"shopping", "payment", "delivery"}) {
    // As text in any column of any table, or within a document's bytes.
    for (const char* table : {"work", "history", "audit"}) {
      REQUIRE(stack.postgres().Ask(database, std::string("SELECT count(*) FROM ") + table +
                                                 " t WHERE t::text LIKE '%4111%1111%1111%1111%' OR "
                                                 "t::text LIKE '%34313131313131313131313131%'") ==
              "0");
    }
  }
}

}  // namespace
}  // namespace tallystick::testing
