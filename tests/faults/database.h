// The harness's own PostgreSQL and what befalls it.
#pragma once

#include <sys/types.h>

#include <map>
#include <pqxx/pqxx>
#include <string>
#include <vector>

namespace tallystick::faults {

inline constexpr const char* kDatabases[] = {"shopping", "payment", "delivery"};

// Not thread-safe, but for Url and socket_path. Throws std::runtime_error when PostgreSQL does not
// do what it is told. Ends with the harness, however that ends.
class Database {
 public:
  // `folder` is made. `disk_mb` > 0: the data are on a file system of their own of that size, which
  // needs root and a mount namespace of the process's own.
  Database(const std::string& folder, int disk_mb);
  ~Database();
  Database(const Database&) = delete;

  // Of the present primary, past all proxies.
  std::string Url(const std::string& database) const;
  // This database is in another cluster, which outlives this one.
  void PutInto(const std::string& database, const Database& other) {
    elsewhere_[database] = &other;
  }
  std::string socket_path() const { return primary_ + "/.s.PGSQL.5432"; }

  void Start();
  void Stop();  // as an administrator does
  void Kill();  // as a crash does
  bool IsRunning() const;

  // All of its processes, by SIGSTOP and SIGCONT.
  void Freeze();
  void Thaw();

  bool has_disk() const { return disk_mb_ > 0; }
  // Uses up what is free, again and again while it is called.
  void FillDisk();
  void FreeDisk();

  // As an administrator does it; what the database holds by then is gone after Restore.
  void Dump(const std::string& database, const std::string& file) const;
  void Restore(const std::string& database, const std::string& file) const;

  // From now on the WAL is archived; restarts it. BaseBackup and Recover as an administrator does
  // them: Recover, after Kill, starts the backup with all of the archive, and with what the dead
  // cluster had not archived yet if its disk `is_left`.
  void Archive();
  void BaseBackup();
  void Recover(bool is_left);

  // A standby that follows asynchronously; CutStandby ends that, FailOver kills the primary and
  // makes the standby the new one: what was committed after the cut is lost.
  void MakeStandby();
  void CutStandby();
  void FailOver();
  // The second half of it, after Kill.
  void Promote();
  // From now on a commit waits for the standby.
  void MakeSynchronous();
  std::string StandbyUrl(const std::string& database) const;
  // A copy of the primary that died, where nobody else finds it.
  void StartDead();
  std::string DeadUrl(const std::string& database) const;
  // Leads a client to whichever of the two is the primary.
  std::string UrlOfEither(const std::string& database) const;

 private:
  void Run(const std::string& command, const std::string& more = "") const;
  std::string ArchiveFolder() const { return folder_ + "/archive"; }
  void RunIn(const std::string& cluster, const std::string& command, const std::string& more) const;
  void StartJanitor();

  const std::string folder_;
  const int disk_mb_;
  std::string primary_;
  std::string standby_;
  std::string dead_;
  std::string copy_of_dead_;
  std::map<std::string, const Database*> elsewhere_;
  int standbys_ = 0;
  std::vector<pid_t> frozen_;
  int janitor_pipe_ = -1;
};

// One value of one row.
std::string AskDatabase(const std::string& url, const std::string& sql);

}  // namespace tallystick::faults
