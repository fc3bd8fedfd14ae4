// A PostgreSQL cluster of the test's own, in a temporary folder, with the three databases.
#pragma once

#include <cstdlib>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>

#include "tests/support/temp_folder.h"

namespace tallystick::testing {

class PrivatePostgres {
 public:
  PrivatePostgres() : folder_(temp_ / "pg") { Start(); }
  ~PrivatePostgres() { Run("stop"); }

  void Start() {
    if (Run("start") != 0) throw std::runtime_error("the private PostgreSQL did not start");
  }
  void Kill() { Run("kill"); }

  std::string Url(const std::string& database) const {
    return "host=" + folder_ + " dbname=" + database + " user=tallystick";
  }

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
  int Run(const std::string& command) const {
    const std::string line = std::string(TALLYSTICK_SOURCE_DIR) +
                             "/tests/support/private-postgres " + command + " " + folder_;
    return std::system(line.c_str());
  }

  TempFolder temp_;
  std::string folder_;
};

}  // namespace tallystick::testing
