#include "tests/faults/loss.h"

#include <cstdio>
#include <memory>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/faults/motion.h"
#include "tests/faults/reading.h"
#include "tests/faults/say.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

constexpr absl::Duration kLossPatience = absl::Seconds(180);
// Trades in every state before the first backup, and while the servers find out.
constexpr int64_t kFirstOrders = 60;
constexpr absl::Duration kLoadAfterwards = absl::Seconds(3);

Revisions ReadRevisions(const std::string& url, const std::string& database) {
  Revisions revisions;
  pqxx::connection connection(url);
  pqxx::nontransaction work(connection);
  for (const auto& row : work.exec(absl::StrCat("SELECT trading_id, revision FROM ",
                                                TableOf(database), " WHERE revision > 0"))) {
    revisions[*ParseUuid(row[0].c_str())] = row[1].as<int64_t>();
  }
  return revisions;
}

void WaitUntilReplayed(const std::string& standby) {
  const char* const kReplayed =
      "SELECT coalesce(pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn(), true)";
  if (!testing::WaitUntil([&] { return AskDatabase(standby, kReplayed) == "t"; })) {
    throw std::runtime_error("the standby does not replay what it has");
  }
}

// One installation and what befalls it.
class Sufferer {
 public:
  Sufferer(const Loss& loss, const LossOptions& options) : loss_(loss), options_(options) {
    ClusterOptions cluster_options;
    if (IsFailover()) {
      own_folder_ = std::make_unique<testing::TempFolder>();
      own_ = std::make_unique<Database>(*own_folder_ / "own", 0);
      own_->MakeStandby();
      if (loss.how == Loss::kFollowed) own_->MakeSynchronous();
      cluster_options.urls[loss.database] = own_->UrlOfEither(loss.database);
    }
    cluster_ = std::make_unique<Cluster>(cluster_options);
    if (own_ != nullptr) cluster_->database().PutInto(loss.database, *own_);
  }

  LossReport Run() {
    LossReport report;
    report.loss = loss_;
    Market market(*cluster_, options_.seed);
    // What the back office did since is lost with the shop's database: nobody else heard of it.
    if (loss_.database == "shopping" || loss_.how == Loss::kWithout) market.Stop();
    BuyersOptions buyers_options;
    buyers_options.seed = options_.seed;
    buyers_options.orders_a_second = options_.orders_a_second;
    // What the client says to a person.
    if (std::freopen(cluster_->File("buyers.log").c_str(), "a", stderr) == nullptr) {
      throw std::runtime_error("cannot write buyers.log");
    }
    Buyers buyers(*cluster_, buyers_options);
    if (!testing::WaitUntil([&] { return buyers.orders() >= kFirstOrders; }, kLossPatience)) {
      throw std::runtime_error("no orders come");
    }
    if (IsFailover()) {
      FailOver();
    } else if (loss_.how == Loss::kRestored) {
      Restore(buyers);
    } else {
      Recover();
    }
    Say(absl::StrCat(loss_.database, " has lost something of ", lost_.size(), " trades"));
    if (!testing::WaitUntil([&] { return cluster_->AllServe(); })) {
      throw std::runtime_error("not all servers serve again");
    }
    if (!loss_.is_asked_to) absl::SleepFor(kLoadAfterwards);
    buyers.Stop();
    market.Stop();
    const absl::Time begin = absl::Now();
    if (loss_.is_asked_to) Reconcile(report);
    report.quiet = IsCompared() && WaitUntilQuiet(cluster_->database(), kLossPatience);
    report.healed_in = absl::Now() - begin;
    if (!report.quiet) report.still = StillUnderWay();
    Say(report.quiet ? "all is quiet" : "it does not become quiet");
    const Reading reading = ReadAll(*cluster_, buyers, market, kLossPatience);
    report.quiet = report.quiet && reading.quiet;
    report.verdict = Judge(reading.records, lost_, loss_.how == Loss::kWithout);
    if (!options_.keep.empty()) cluster_->Keep(absl::StrCat(options_.keep, "/", loss_.name));
    return report;
  }

 private:
  bool IsFailover() const { return loss_.how == Loss::kFailedOver || loss_.how == Loss::kFollowed; }

  void ForEachReplica(void (Cluster::*act)(const std::string&)) {
    for (const std::string& server : cluster_->Servers()) {
      if (server.starts_with(loss_.database)) (cluster_.get()->*act)(server);
    }
  }

  void Restore(Buyers& buyers) {
    const Database& database = cluster_->database();
    const std::string dump = cluster_->File("dump");
    database.Dump(loss_.database, dump);
    absl::SleepFor(loss_.age);
    ForEachReplica(&Cluster::Hold);
    if (loss_.is_asked_to) buyers.Stop();
    const std::string url = database.Url(loss_.database);
    const Revisions before = ReadRevisions(url, loss_.database);
    database.Restore(loss_.database, dump);
    lost_ = LostTrades(before, ReadRevisions(url, loss_.database));
    ForEachReplica(&Cluster::Release);
  }

  void FailOver() {
    if (loss_.how == Loss::kFailedOver) own_->CutStandby();
    absl::SleepFor(loss_.age);
    own_->Kill();
    const std::string standby = own_->StandbyUrl(loss_.database);
    WaitUntilReplayed(standby);
    const Revisions after = ReadRevisions(standby, loss_.database);
    own_->Promote();
    own_->StartDead();
    lost_ = LostTrades(ReadRevisions(own_->DeadUrl(loss_.database), loss_.database), after);
  }

  // Nobody comes to the databases before they have been looked at.
  void Recover() {
    Database& database = cluster_->database();
    database.Archive();
    database.BaseBackup();
    absl::SleepFor(loss_.age);
    for (const std::string name : kDatabases) {
      cluster_->way(name + "-database").SetMode(ProxyMode::kPartition);
    }
    database.Kill();
    database.Recover(loss_.how == Loss::kRecovered);
    database.StartDead();
    for (const std::string name : kDatabases) {
      lost_.merge(LostTrades(ReadRevisions(database.DeadUrl(name), name),
                             ReadRevisions(database.Url(name), name)));
      Proxy& way = cluster_->way(name + "-database");
      way.SetTargets({database.socket_path()});
      way.SetMode(ProxyMode::kPass);
    }
  }

  // The shop has noticed that databases are others, and compared all trades, though nobody asked.
  bool IsCompared() {
    const Database& database = cluster_->database();
    return testing::WaitUntil(
        [&] {
          for (const std::string name : kDatabases) {
            const std::string now =
                AskDatabase(database.Url(name),
                            "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || "
                            "left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/' || "
                            "(SELECT oid FROM pg_database WHERE datname = current_database())");
            const std::string known =
                AskDatabase(database.Url("shopping"),
                            "SELECT coalesce(max(identity), '') FROM known_databases "
                            "WHERE compared AND name = '" +
                                name + "'");
            if (!known.starts_with(now)) return false;
          }
          return true;
        },
        kLossPatience);
  }

  // With why it is.
  std::vector<std::string> StillUnderWay() {
    std::vector<std::string> words;
    for (const std::string name : kDatabases) {
      pqxx::connection connection(cluster_->database().Url(name));
      pqxx::nontransaction work(connection);
      for (const auto& row : work.exec("SELECT trading_id, queue, number, attempts, reason FROM "
                                       "work WHERE attempts < 1000000 LIMIT 5")) {
        words.push_back(absl::StrCat(name, "'s work ", row[1].c_str(), "/", row[2].c_str(), " of ",
                                     row[0].c_str(), ", tried ", row[3].c_str(),
                                     " times: ", row[4].c_str()));
      }
    }
    return words;
  }

  void Reconcile(LossReport& report) {
    const ProgramRun run = cluster_->RunOnce("shopping-1", "--reconcile", kLossPatience);
    report.reconciled = run.words;
    report.reconcile_code = run.code;
  }

  const Loss loss_;
  const LossOptions options_;
  std::unique_ptr<testing::TempFolder> own_folder_;
  std::unique_ptr<Database> own_;
  std::unique_ptr<Cluster> cluster_;
  std::set<Uuid> lost_;
};

}  // namespace

LossReport Suffer(const Loss& loss, const LossOptions& options) {
  Say(loss.name);
  try {
    return Sufferer(loss, options).Run();
  } catch (const std::exception& error) {
    LossReport report;
    report.loss = loss;
    report.failed = error.what();
    return report;
  }
}

}  // namespace tallystick::faults
