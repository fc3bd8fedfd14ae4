// Several tallies at once on one ledger: as when cron syncs while somebody orders.
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

// Commands that run beside each other on one ledger.
class Together {
 public:
  Together(const Stack& stack, std::string ledger) : stack_(stack), ledger_(std::move(ledger)) {}

  void Start(std::vector<std::string> arguments) {
    const std::string name = "together-" + std::to_string(started_++);
    std::vector<std::string> command = {std::string(TALLYSTICK_BINARY_DIR) + "/client-cli/tally"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    running_.push_back(
        {std::move(arguments), stack_.File(name + ".err"),
         std::make_unique<Process>(std::move(command), Environment{{"TALLY_LEDGER", ledger_}},
                                   stack_.File(name + ".out"), stack_.File(name + ".err"))});
  }

  // Each must end well.
  void Wait() {
    for (Running& one : running_) {
      const int code = one.process->Wait();
      CAPTURE(one.arguments, ReadFile(one.err));
      REQUIRE(code == 0);
    }
    running_.clear();
  }

 private:
  struct Running {
    std::vector<std::string> arguments;
    std::string err;
    std::unique_ptr<Process> process;
  };
  const Stack& stack_;
  const std::string ledger_;
  int started_ = 0;
  std::vector<Running> running_;
};

TEST_CASE("processes: a ledger that many tallies make at once is made once, and none fails") {
  Stack stack;
  for (int round = 0; round < 10; ++round) {
    Together together(stack, stack.File("new-" + std::to_string(round) + ".db"));
    for (int i = 0; i < 8; ++i) {
      together.Start({"shop", "add", "shop-" + std::to_string(i), stack.shopping_address(), "--ca",
                      Keys::Get().File("buyers/ca.crt"), "--token-file",
                      Keys::Get().TokenFile("alice"), "--offline"});
    }
    together.Wait();
  }
}

TEST_CASE("processes: orders, imports, tracks and syncs at once on one ledger, and none fails") {
  constexpr int kRounds = 6;
  constexpr int kFileOrders = 10;
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1", "--reference", "FIRST"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  Together together(stack, stack.File("ledger.db"));
  for (int round = 0; round < kRounds; ++round) {
    const std::string name = "R" + std::to_string(round);
    const std::string path = stack.File(name + ".csv");
    std::ofstream file(path);
    file << "reference,sku,quantity,address\n";
    for (int i = 0; i < kFileOrders; ++i) file << name << "-" << i << ",CHANG,1,Ann; City\n";
    file.close();
    // The same file twice.
    together.Start({"order", "--from", path, "--batch", "3"});
    together.Start({"order", "--from", path, "--batch", "4"});
    together.Start({"order", "CHAI:1", "--to", "Ann; City", "--reference", name});
    together.Start({"sync"});
    together.Start({"sync", "--all"});
    together.Start({"track", id});
    together.Start({"list"});
    together.Start({"warnings"});
    together.Start({"show", id});
    together.Wait();
  }
  REQUIRE(stack.Tally({"sync"}).code == 0);
  const size_t count = 1 + kRounds * (kFileOrders + 1);
  const json list = stack.TallyJson({"list"}).json();
  REQUIRE(list["unknown"] == 0);
  REQUIRE(list["trades"].size() == count);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == std::to_string(count));
}

}  // namespace
}  // namespace tallystick::testing
