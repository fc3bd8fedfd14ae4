// A PostgreSQL cluster of the test's own, in a temporary folder, with the three databases.
#pragma once

#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>

#include "tests/support/temp_folder.h"

namespace tallystick::testing {

class PrivatePostgres {
 public:
  PrivatePostgres() : folder_(temp_ / "pg") { Start(); }
  ~PrivatePostgres() {
    Thaw();
    Run("stop");
  }

  void Start() {
    if (Run("start") != 0) throw std::runtime_error("the private PostgreSQL did not start");
  }
  void Stop() { Run("stop"); }
  void Kill() { Run("kill"); }
  // All of its processes hang, until Thaw.
  void Freeze() const { Signal(SIGSTOP); }
  void Thaw() const { Signal(SIGCONT); }

  std::string Url(const std::string& database) const {
    return "host=" + folder_ + " dbname=" + database + " user=tallystick";
  }

  // As an administrator does it; what the database holds by then is gone after Restore.
  void Dump(const std::string& database, const std::string& file) const {
    if (Run("dump", database + " " + file) != 0) throw std::runtime_error("the dump failed");
  }
  void Restore(const std::string& database, const std::string& file) const {
    if (Run("restore", database + " " + file) != 0) throw std::runtime_error("the restore failed");
  }

  // 0 when it does not run.
  pid_t postmaster() const {
    std::ifstream file(folder_ + "/data/postmaster.pid");
    pid_t pid = 0;
    file >> pid;
    return pid;
  }
  const std::string& folder() const { return folder_; }

  // One value of one row.
  std::string Ask(const std::string& database, const std::string& sql) const {
    pqxx::connection connection(Url(database));
    pqxx::nontransaction work(connection);
    return work.exec(sql)[0][0].c_str();
  }
  void Execute(const std::string& database, const std::string& sql) const {
    pqxx::connection connection(Url(database));
    pqxx::nontransaction work(connection);
    work.exec(sql);
  }

 private:
  // The postmaster first, so that it starts no more.
  void Signal(int signal) const {
    const pid_t first = postmaster();
    if (first == 0) return;
    kill(first, signal);
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream stat(entry.path() / "stat");
      pid_t pid = 0;
      pid_t parent = 0;
      std::string name;
      std::string state;
      // A postgres process' name has no blank in it.
      if (stat >> pid >> name >> state >> parent && parent == first) kill(pid, signal);
    }
  }

  int Run(const std::string& command, const std::string& more = "") const {
    std::string line = TALLYSTICK_SOURCE_DIR;
    line += "/tests/support/private-postgres ";
    line += command;
    for (const std::string& argument : {folder_, more}) {
      line += " ";
      line += argument;
    }
    return std::system(line.c_str());
  }

  TempFolder temp_;
  std::string folder_;
};

}  // namespace tallystick::testing
