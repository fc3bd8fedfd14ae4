// A command at a terminal of its own, that a test types at and looks at.
#pragma once

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "tests/support/process.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {

class Terminal {
 public:
  Terminal(std::vector<std::string> command, const Environment& environment) {
    std::vector<char*> argv;
    for (std::string& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    winsize size{};
    size.ws_row = 40;
    size.ws_col = 100;
    pid_ = forkpty(&file_, nullptr, nullptr, &size);
    if (pid_ < 0) throw std::runtime_error("there is no terminal to be had");
    if (pid_ == 0) {
      for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
      execv(argv[0], argv.data());
      _exit(127);
    }
  }
  ~Terminal() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    close(file_);
  }
  Terminal(const Terminal&) = delete;

  // What is typed; what was shown before is forgotten.
  void Type(const std::string& text) {
    Read();
    shown_.clear();
    if (write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw std::runtime_error("the terminal takes no input");
    }
  }
  // False when that was not shown in time.
  bool Shows(const std::string& words) {
    return WaitUntil([&] {
      Read();
      return absl::StrContains(shown_, words);
    });
  }
  const std::string& shown() const { return shown_; }
  // The exit code; 128 + the signal that ended it.
  int Wait() {
    int status = 0;
    const bool ended = WaitUntil([&] {
      Read();
      return waitpid(pid_, &status, WNOHANG) == pid_;
    });
    if (!ended) return -1;
    pid_ = 0;
    Read();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  // Whatever is there.
  void Read() {
    pollfd ready{file_, POLLIN, 0};
    while (poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0) {
      char bytes[4096];
      const ssize_t count = read(file_, bytes, sizeof bytes);
      if (count <= 0) return;
      shown_.append(bytes, static_cast<size_t>(count));
    }
  }

  pid_t pid_ = 0;
  int file_ = -1;
  std::string shown_;
};

}  // namespace tallystick::testing
