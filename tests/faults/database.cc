#include "tests/faults/database.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace tallystick::faults {
namespace {

// Every process below `parent`, which is the last: it cannot start others while they are looked
// for.
void AddProcessesBelow(pid_t parent, std::vector<pid_t>& pids) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "stat");
    std::string text;
    std::getline(file, text);
    const size_t end = text.rfind(')');
    if (end == std::string::npos || text.size() < end + 4) continue;
    if (std::stoi(text.substr(end + 4)) == parent) pids.push_back(std::stoi(name));
  }
}

}  // namespace

std::string AskDatabase(const std::string& url, const std::string& sql) {
  pqxx::connection connection(url);
  pqxx::nontransaction work(connection);
  const pqxx::result rows = work.exec(sql);
  return rows.empty() ? "" : rows[0][0].c_str();
}

Database::Database(const std::string& folder, int disk_mb)
    : folder_(folder), disk_mb_(disk_mb), primary_(folder + "/pg") {
  std::filesystem::create_directories(folder_);
  if (has_disk()) {
    const std::string size = "mode=0755,size=" + std::to_string(disk_mb_) + "m";
    if (mount("tmpfs", folder_.c_str(), "tmpfs", 0, size.c_str()) != 0) {
      throw std::runtime_error(std::string("cannot mount a small disk: ") + std::strerror(errno));
    }
  }
  StartJanitor();
  Start();
  // A small disk must not be full of what PostgreSQL only keeps in case.
  if (has_disk()) {
    AskDatabase(Url("shopping"), "ALTER SYSTEM SET max_wal_size = '128MB'");
    AskDatabase(Url("shopping"), "SELECT pg_reload_conf()");
  }
}

Database::~Database() {
  Thaw();
  try {
    if (!copy_of_dead_.empty()) RunIn(copy_of_dead_, "stop", "");
    if (!standby_.empty() && standby_ != primary_) RunIn(standby_, "stop", "");
    Stop();
  } catch (const std::exception&) {
    Kill();
  }
  if (has_disk()) umount2(folder_.c_str(), MNT_DETACH);
  (void)!write(janitor_pipe_, "done\n", 5);
  close(janitor_pipe_);
}

// PostgreSQL is nobody's child: should this process end without having stopped it, the janitor
// does.
void Database::StartJanitor() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const std::string script =
      "read word; [ \"$word\" != done ] || exit; for dir in " + folder_ + "/pg*; do '" +
      TALLYSTICK_SOURCE_DIR + "/tests/support/private-postgres' stop \"$dir\"; done; umount -l " +
      folder_ + "; rm -rf " + std::filesystem::path(folder_).parent_path().string();
  const pid_t pid = fork();
  if (pid == 0) {
    setsid();
    dup2(ends[0], STDIN_FILENO);
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    _exit(127);
  }
  close(ends[0]);
  janitor_pipe_ = ends[1];
}

std::string Database::Url(const std::string& database) const {
  const auto other = elsewhere_.find(database);
  if (other != elsewhere_.end()) return other->second->Url(database);
  return "host=" + primary_ + " dbname=" + database + " user=tallystick connect_timeout=5";
}

void Database::Run(const std::string& command, const std::string& more) const {
  RunIn(primary_, command, more);
}

void Database::RunIn(const std::string& cluster, const std::string& command,
                     const std::string& more) const {
  const std::string line = std::string(TALLYSTICK_SOURCE_DIR) + "/tests/support/private-postgres " +
                           command + " " + cluster + " " + more + " 2>>" + folder_ +
                           "/postgres.err";
  if (std::system(line.c_str()) != 0) {
    throw std::runtime_error("private-postgres " + command + " failed");
  }
}

void Database::Start() { Run("start"); }
void Database::Stop() { Run("stop"); }
void Database::Kill() { Run("kill"); }

bool Database::IsRunning() const {
  std::ifstream file(primary_ + "/data/postmaster.pid");
  pid_t pid = 0;
  return (file >> pid) && kill(pid, 0) == 0;
}

void Database::Freeze() {
  std::ifstream file(primary_ + "/data/postmaster.pid");
  pid_t postmaster = 0;
  if (!(file >> postmaster)) return;
  kill(postmaster, SIGSTOP);
  frozen_ = {postmaster};
  AddProcessesBelow(postmaster, frozen_);
  for (const pid_t pid : frozen_) kill(pid, SIGSTOP);
}

void Database::Thaw() {
  for (const pid_t pid : frozen_) kill(pid, SIGCONT);
  frozen_.clear();
}

void Database::FillDisk() {
  const int fd = open((folder_ + "/filler").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  struct statvfs disk {};
  struct stat file {};
  if (fd < 0 || statvfs(folder_.c_str(), &disk) != 0 || fstat(fd, &file) != 0) return;
  const auto free = static_cast<off_t>(disk.f_bfree * disk.f_bsize);
  if (free > 0) (void)posix_fallocate(fd, file.st_size, free);
  close(fd);
}

void Database::FreeDisk() { std::filesystem::remove(folder_ + "/filler"); }

void Database::Dump(const std::string& database, const std::string& file) const {
  Run("dump", database + " " + file);
}

void Database::Restore(const std::string& database, const std::string& file) const {
  Run("restore", database + " " + file);
}

void Database::Archive() { Run("archive", ArchiveFolder()); }

void Database::BaseBackup() {
  standby_ = folder_ + "/pg-backup";
  Run("backup", standby_);
}

void Database::Recover(bool is_left) {
  if (is_left) Run("salvage", ArchiveFolder());
  dead_ = primary_;
  primary_ = standby_;
  Run("recover", ArchiveFolder());
}

void Database::MakeStandby() {
  standby_ = folder_ + "/pg-standby-" + std::to_string(++standbys_);
  Run("clone", standby_);
}

void Database::CutStandby() {
  const std::string url = StandbyUrl("shopping");
  AskDatabase(url, "ALTER SYSTEM SET primary_conninfo = ''");
  AskDatabase(url, "SELECT pg_reload_conf()");
  while (AskDatabase(url, "SELECT count(*) FROM pg_stat_wal_receiver") != "0") usleep(10'000);
}

void Database::FailOver() {
  Kill();
  Promote();
}

void Database::Promote() {
  dead_ = primary_;
  primary_ = standby_;
  Run("promote");
}

std::string Database::StandbyUrl(const std::string& database) const {
  return "host=" + standby_ + " dbname=" + database + " user=tallystick";
}

void Database::StartDead() {
  copy_of_dead_ = folder_ + "/pg-dead";
  RunIn(dead_, "copy", copy_of_dead_);
}

std::string Database::DeadUrl(const std::string& database) const {
  return "host=" + copy_of_dead_ + " dbname=" + database + " user=tallystick";
}

void Database::MakeSynchronous() {
  AskDatabase(Url("shopping"), "ALTER SYSTEM SET synchronous_standby_names = '*'");
  AskDatabase(Url("shopping"), "SELECT pg_reload_conf()");
  while (AskDatabase(Url("shopping"),
                     "SELECT count(*) FROM pg_stat_replication WHERE sync_state = "
                     "'sync'") != "1") {
    usleep(10'000);
  }
}

std::string Database::UrlOfEither(const std::string& database) const {
  return "host=" + primary_ + "," + standby_ + " dbname=" + database +
         " user=tallystick target_session_attrs=read-write";
}

}  // namespace tallystick::faults
