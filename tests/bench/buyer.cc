#include "tests/bench/buyer.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/orders.h"

namespace tallystick::bench {
namespace {

// What is ordered by OrderOf, each to an address of its own, as `tally order --from` reads it.
void WriteOrders(const std::string& path, int count) {
  std::ofstream file(path);
  file << "reference,sku,quantity,address\n";
  for (int i = 0; i < count; ++i) {
    const v1::PlaceOrderRequest order = OrderOf(i);
    for (const v1::OrderItem& item : order.items()) {
      file << order.buyer_reference() << "," << item.sku() << "," << item.quantity()
           << ",\"Ann Example; Street " << i << "; 12345 Town\"\n";
    }
  }
}

}  // namespace

BuyerRun RunTally(BenchStack& stack, const std::string& ledger,
                  const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {std::string(TALLYSTICK_BINARY_DIR) + "/client-cli/tally",
                                      "--timeout-ms", "60000"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const std::string words = stack.File("tally.err");
  const absl::Time begin = absl::Now();
  testing::Process process(command, {{"TALLY_LEDGER", ledger}}, "/dev/null", words);
  if (process.Wait() != 0) {
    throw std::runtime_error(
        absl::StrCat("tally ", arguments[0], " does not work:\n", testing::ReadFile(words)));
  }
  return {absl::ToDoubleSeconds(absl::Now() - begin), process.cpu_seconds(), process.peak_bytes()};
}

std::string LedgerOfOrders(BenchStack& stack, int count) {
  const std::string ledger = stack.File("ledger.db");
  std::filesystem::remove(ledger);
  std::ofstream(stack.File("buyer.token")) << stack.buyer_token();
  std::filesystem::permissions(stack.File("buyer.token"), std::filesystem::perms::owner_read);
  RunTally(stack, ledger,
           {"shop", "add", "bench", stack.address("shopping"), "--ca",
            stack.File("keys/buyers/ca.crt"), "--token-file", stack.File("buyer.token")});
  WriteOrders(stack.File("orders.csv"), count);
  RunTally(stack, ledger, {"order", "--from", stack.File("orders.csv"), "--batch", "500"});
  return ledger;
}

}  // namespace tallystick::bench
