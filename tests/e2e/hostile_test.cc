// A server that is not to be trusted: garbage, far too much, nothing, control characters, answers
// about something else. tally says so, shows nothing that a terminal would obey, and loses nothing.
#include <grpcpp/generic/async_generic_service.h>

#include <functional>
#include <optional>

#include "platform/ids/uuid.h"
#include "tallystick/v1/shopping.pb.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

// What it says to a call of `path`; nullopt: nothing at all.
struct Word {
  grpc::Status status;
  std::string bytes;
};
using Says = std::function<std::optional<Word>(const std::string& path)>;

class LiarReactor final : public grpc::ServerGenericBidiReactor {
 public:
  explicit LiarReactor(std::optional<Word> word) : word_(std::move(word)) { StartRead(&request_); }
  void OnReadDone(bool) override {
    if (!word_) return;  // until the caller gives up
    if (!word_->status.ok()) return Finish(word_->status);
    const grpc::Slice slice(word_->bytes);
    response_ = grpc::ByteBuffer(&slice, 1);
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnCancel() override {
    if (!word_) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  const std::optional<Word> word_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

// With the certificate of a real shop.
class Liar final : public grpc::CallbackGenericService {
 public:
  Liar() : address_(FreeAddresses(1)[0]) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, rpc::ServerTls(Keys::Get().PublicTls("shopping")));
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
  }
  ~Liar() override { server_->Shutdown(std::chrono::system_clock::now()); }

  const std::string& address() const { return address_; }
  void Say(Says says) {
    std::lock_guard lock(mutex_);
    says_ = std::move(says);
  }

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    std::lock_guard lock(mutex_);
    return new LiarReactor(says_(context->method()));
  }

  const std::string address_;
  std::mutex mutex_;
  Says says_;
  std::unique_ptr<grpc::Server> server_;
};

bool HasControlCharacters(const std::string& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7f) return true;
    if (byte == 0xc2 && next >= 0x80 && next < 0xa0) return true;
  }
  return false;
}

TEST_CASE("a hostile server is reported as what it is, and shown without control characters") {
  Liar liar;
  TempFolder folder;
  // Long enough for an answer of far too much, however busy the machine.
  std::string timeout_ms = "30000";
  const auto tally = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {std::string(TALLYSTICK_BINARY_DIR) + "/client-cli/tally",
                                         "--timeout-ms", timeout_ms});
    for (const char* name : {"out", "err"}) std::filesystem::remove(folder / name);
    Process process(arguments, {{"TALLY_LEDGER", folder / "ledger.db"}}, folder / "out",
                    folder / "err");
    TallyResult result;
    result.code = process.Wait();
    result.out = ReadFile(folder / "out");
    result.err = ReadFile(folder / "err");
    return result;
  };
  REQUIRE(tally({"shop", "add", "liar", liar.address(), "--ca", Keys::Get().File("buyers/ca.crt"),
                 "--token-file", Keys::Get().TokenFile("alice"), "--offline"})
              .code == 0);
  // With the control characters beyond ASCII as well: U+009B begins an escape sequence.
  const std::string evil =
      "\x1b]0;owned\x07\x1b[2J\r\xc2\x9b"
      "31m";
  const auto always = [](const Word& word) { return [word](const std::string&) { return word; }; };

  struct Case {
    const char* name;
    Says says;
    const char* words;  // that tally must find for it
  };
  const Case cases[] = {
      {"garbage", always({grpc::Status::OK, "\xff\xff\xff\xff"}), "cannot be read"},
      {"far too much", always({grpc::Status::OK, std::string(17 << 20, 'x')}), "larger than max"},
      {"nothing", [](const std::string&) { return std::nullopt; }, "no answer in time"},
      {"an error that obeys nobody",
       always({grpc::Status(grpc::StatusCode::UNAVAILABLE, evil), ""}), "owned"}};
  for (const Case& one : cases) {
    CAPTURE(one.name);
    timeout_ms = std::string(one.name) == "nothing" ? "2000" : "30000";
    liar.Say(one.says);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"products"},
          {"sync", "--rebuild"},
          {"order", "CHAI:1", "--to", "Ann; City", "--reference", one.name, "--yes"}}) {
      const TallyResult result = tally(command);
      CAPTURE(command.front(), result.out, result.err);
      REQUIRE(result.code == 4);
      REQUIRE((result.out + result.err).find(one.words) != std::string::npos);
      REQUIRE_FALSE(HasControlCharacters(result.out + result.err));
    }
  }

  // Names and addresses that are none.
  v1::ListProductsResponse products;
  v1::Product* product = products.add_products();
  product->set_sku("A" + evil.substr(0, 5));
  product->set_name("Name \x1b[31m\n\tof \x7f many");
  product->mutable_unit_price()->set_currency_code(
      "U\x1b"
      "D");
  product->mutable_unit_price()->set_minor_units(INT64_MIN);
  liar.Say(always({grpc::Status::OK, products.SerializeAsString()}));
  const TallyResult shown = tally({"products"});
  CAPTURE(shown.out, shown.err);
  REQUIRE_FALSE(HasControlCharacters(shown.out + shown.err));

  // Answers to orders: too few, empty, another order than was sent, addresses that are none.
  const auto order = [&](const v1::BatchPlaceOrdersResponse& response, const std::string& name) {
    liar.Say(always({grpc::Status::OK, response.SerializeAsString()}));
    const TallyResult result =
        tally({"order", "CHAI:1", "--to", "Ann; City", "--reference", name, "--yes"});
    CAPTURE(name, result.out, result.err);
    REQUIRE((result.code == 1 || result.code == 4));
    REQUIRE_FALSE(HasControlCharacters(result.out + result.err));
  };
  v1::BatchPlaceOrdersResponse response;
  order(response, "none at all");
  response.add_results();
  order(response, "neither yes nor no");
  v1::TradingInformation* information = response.mutable_results(0)->mutable_information();
  information->set_trading_id(evil);
  information->mutable_services()->set_payment(evil);
  order(response, "another order");
  information->set_trading_id(NewUuidV7(absl::Now()).ToString());
  information->mutable_contents()->add_lines()->set_sku(evil);
  order(response, "lines that were not ordered");
  const TallyResult list = tally({"list"});
  REQUIRE_FALSE(HasControlCharacters(list.out + list.err));
  // Nothing was lost: all that had no answer is still there, to be asked about.
  const json known = json::parse(tally({"-o", "json", "list"}).out);
  REQUIRE(known["unknown"].get<int>() + static_cast<int>(known["trades"].size()) >= 4);
}

}  // namespace
}  // namespace tallystick::testing
