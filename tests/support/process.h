// Child processes of a test: started, killed, waited for; never left behind.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace tallystick::testing {

using Environment = std::map<std::string, std::string>;

// A process that runs beside the test. Its output goes into files. Ends with the test, however that
// ends.
class Process {
 public:
  Process(std::vector<std::string> command, Environment environment, const std::string& out,
          const std::string& err) {
    std::vector<char*> argv;
    for (std::string& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
      Redirect("/dev/null", STDIN_FILENO, O_RDONLY);
      Redirect(out, STDOUT_FILENO, O_WRONLY | O_CREAT | O_APPEND);
      Redirect(err, STDERR_FILENO, O_WRONLY | O_CREAT | O_APPEND);
      execv(argv[0], argv.data());
      _exit(127);
    }
  }
  ~Process() {
    if (pid_ > 0) Kill();
  }
  Process(const Process&) = delete;

  void Kill() {
    Signal(SIGKILL);
    Wait();
  }
  void Signal(int signal) const {
    if (pid_ > 0) kill(pid_, signal);
  }
  pid_t pid() const { return pid_; }
  // The exit code; 128 + the signal that ended it.
  int Wait() {
    Reap(0);
    return code_;
  }
  // Once it has ended: its CPU time, and the most that it had in memory.
  double cpu_seconds() const {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used_.ru_utime) + seconds(used_.ru_stime);
  }
  int64_t peak_bytes() const { return int64_t{used_.ru_maxrss} * 1024; }
  // Does not wait.
  bool HasEnded() {
    Reap(WNOHANG);
    return pid_ <= 0;
  }

 private:
  void Reap(int options) {
    int status = 0;
    if (pid_ <= 0 || wait4(pid_, &status, options, &used_) != pid_) return;
    pid_ = 0;
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  static void Redirect(const std::string& path, int to, int flags) {
    const int fd = open(path.c_str(), flags, 0600);
    if (fd >= 0) dup2(fd, to);
  }

  pid_t pid_ = 0;
  int code_ = -1;
  rusage used_{};
};

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace tallystick::testing
