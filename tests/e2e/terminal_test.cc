// What is seen at a real terminal: what is waited for, and what shells complete.
#include "tests/support/terminal.h"

#include <csignal>

#include "absl/strings/match.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

const std::string kTally = TALLYSTICK_BINARY_DIR "/client-cli/tally";

Environment EnvironmentOf(Stack& stack, const std::string& terminal = "xterm") {
  return {{"TALLY_LEDGER", stack.File("ledger.db")},
          {"XDG_CONFIG_HOME", stack.File("config")},
          {"HOME", stack.File("home")},
          {"LC_ALL", "C.UTF-8"},
          {"PAGER", ""},
          {"TERM", terminal}};
}

TEST_CASE("terminal: what takes long is said to be waited for, until it is there") {
  Stack stack;
  stack.LoadProducts();
  stack.server("shopping").Signal(SIGSTOP);
  Terminal terminal({kTally, "--timeout-ms", "60000", "products"}, EnvironmentOf(stack));
  REQUIRE(terminal.Shows("⠙ waiting for the shop 'demo'"));
  stack.server("shopping").Signal(SIGCONT);
  REQUIRE(terminal.Wait() == 0);
  // The line was taken away before the table came.
  const size_t erased = terminal.shown().rfind("\r\033[K");
  REQUIRE(erased != std::string::npos);
  REQUIRE(terminal.shown().find("CHANG", erased) != std::string::npos);
}

TEST_CASE(
    "terminal: nothing is said of a wait to who does not want it, or has no terminal for it") {
  Stack stack;
  stack.server("shopping").Signal(SIGSTOP);
  // Each waits for longer than a spinner would.
  const auto shown = [&](std::vector<std::string> words, const std::string& terminal) {
    words.insert(words.begin(), {kTally, "--timeout-ms", "2000"});
    Terminal at(words, EnvironmentOf(stack, terminal));
    REQUIRE(at.Wait() == 4);
    return at.shown();
  };
  REQUIRE(absl::StrContains(shown({"products"}, "xterm"), "waiting for"));
  REQUIRE_FALSE(absl::StrContains(shown({"-q", "products"}, "xterm"), "waiting for"));
  REQUIRE_FALSE(absl::StrContains(shown({"-o", "json", "products"}, "xterm"), "waiting for"));
  REQUIRE_FALSE(absl::StrContains(shown({"--no-color", "products"}, "xterm"), "waiting for"));
  REQUIRE_FALSE(absl::StrContains(shown({"products"}, "dumb"), "waiting for"));
  stack.server("shopping").Signal(SIGCONT);
}

// A shell at a terminal, in which Control-X writes the line as it is into a file and empties it.
class Shell {
 public:
  Shell(Stack& stack, std::vector<std::string> command, const std::string& setup)
      : file_(stack.File("line")), terminal_(std::move(command), Around(stack)) {
    const std::string setup_file = stack.File("setup");
    std::ofstream(setup_file) << setup << "\n";
    // (What is typed is echoed, with the quotes in it.)
    Type("source " + setup_file + "; echo rea''dy\r");
    INFO(terminal_.shown());
    REQUIRE(terminal_.Shows("ready\r\n"));
  }

  // The line after `typed` and the key Tab.
  std::string Completed(const std::string& typed) {
    std::filesystem::remove(file_);
    Type(typed + "\t\x18");
    INFO(terminal_.shown());
    std::string line;
    REQUIRE(WaitUntil([&] {
      line = ReadFile(file_);
      return absl::EndsWith(line, "\n");
    }));
    return line.substr(0, line.size() - 1);
  }
  void Type(const std::string& text) { terminal_.Type(text); }

 private:
  static Environment Around(Stack& stack) {
    Environment environment = EnvironmentOf(stack);
    environment["PATH"] = TALLYSTICK_BINARY_DIR "/client-cli:/usr/bin:/bin";
    environment["LINE_FILE"] = stack.File("line");
    std::filesystem::create_directories(stack.File("home"));
    return environment;
  }

  const std::string file_;
  Terminal terminal_;
};

// What both shells complete, as a buyer types it.
void CheckCompletes(Stack& stack, Shell& shell) {
  REQUIRE(shell.Completed("tally tra") == "tally track ");
  REQUIRE(shell.Completed("tally track PO") == "tally track PO\\ 1 ");
  REQUIRE(shell.Completed("tally -o js") == "tally -o json ");
  REQUIRE(shell.Completed("tally order CHAN") == "tally order CHANG ");
  REQUIRE(shell.Completed("tally order CHANG --dry") == "tally order CHANG --dry-run ");
  REQUIRE(shell.Completed("tally list --shop de") == "tally list --shop demo ");
  const std::string products = stack.File("products.csv");
  REQUIRE(shell.Completed("tally order --from " + products.substr(0, products.size() - 4)) ==
          "tally order --from " + products + " ");
}

// A stack whose ledger has an order with a blank in its name; or, without that shell, says so.
bool IsInstalled(const std::string& shell) {
  if (std::filesystem::exists(shell)) return true;
  std::printf("SKIPPED: %s is not installed\n", shell.c_str());
  return false;
}

TEST_CASE("terminal: zsh completes trades, goods of the shop, files and options") {
  if (!IsInstalled("/usr/bin/zsh")) return;
  Stack stack;
  stack.LoadProducts();
  stack.Order({"CHAI:1", "--reference", "PO 1"});
  const std::string keys =
      "show() { print -r -- $BUFFER > $LINE_FILE; BUFFER= }\n"
      "zle -N show; bindkey '^X' show";
  Shell shell(stack, {"/usr/bin/zsh", "-f", "-i"},
              "autoload -U compinit; compinit -u -D\nsource <(tally completion zsh)\n" + keys);
  CheckCompletes(stack, shell);
  // As a file where zsh looks for completions, also the first time.
  Shell other(stack, {"/usr/bin/zsh", "-f", "-i"},
              "mkdir -p ~/functions; tally completion zsh > ~/functions/_tally\n"
              "fpath=(~/functions $fpath); autoload -U compinit; compinit -u -D\n" +
                  keys);
  CheckCompletes(stack, other);
}

TEST_CASE("terminal: fish completes trades, goods of the shop, files and options") {
  if (!IsInstalled("/usr/bin/fish")) return;
  Stack stack;
  stack.LoadProducts();
  stack.Order({"CHAI:1", "--reference", "PO 1"});
  Shell shell(stack, {"/usr/bin/fish", "--no-config", "-i"},
              "tally completion fish | source\n"
              "function show; commandline > $LINE_FILE; commandline ''; end\n"
              "bind \\cx show");
  CheckCompletes(stack, shell);
}

}  // namespace
}  // namespace tallystick::testing
