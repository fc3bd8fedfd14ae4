// Calls to the real handlers of a server without a connection, and what stands in for its database:
// the domain and the codecs are the real ones, the rows are in memory.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/test/default_reactor_test_peer.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <semaphore>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "google/rpc/status.pb.h"
#include "platform/auth/signing_key.h"
#include "platform/batch/batcher.h"
#include "platform/error/error.h"
#include "platform/history/status_desk.h"
#include "platform/postgres/document_table.h"
#include "platform/postgres/history_table.h"
#include "platform/relay/apply.h"
#include "platform/relay/sequence.h"
#include "platform/rpc/gate.h"
#include "platform/rpc/health.h"
#include "platform/rpc/status.h"
#include "platform/rpc/work_list.h"
#include "platform/runtime/overloaded.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/message_mutator.h"
#include "tests/fuzz/script_target.h"
#include "tests/fuzz/trades.h"
#include "tests/support/temp_folder.h"

namespace tallystick::fuzz {

// Who calls, by the two highest bits of a step's kind: the owner of the trades, who is back office
// too; the owner as a mere buyer; another buyer; nobody.
enum class Who { kOwner, kBuyer, kOther, kNobody };
inline Who WhoCalls(const Step& step) { return static_cast<Who>(step.kind >> 6); }

// A gate as servers have it, that takes its peers on trust, and tokens for it.
class Entrance {
 public:
  Entrance() {
    const SigningKey key = SigningKey::Generate(KeyKind::kEd25519);
    testing::TempFolder keys;
    std::ofstream(keys / (key.KeyId() + ".pem")) << key.PublicPem();
    auto tokens = TokenVerifier::Start({.keys_path = keys.path(),
                                        .rules = {"issuer", "shop"},
                                        .reload_interval = absl::Hours(1000),
                                        .clock = [] { return kNow; }});
    Check(tokens.ok(), "the keys can be read");
    rpc::GateOptions options{.plaintext = true};
    options.limits.max_calls_per_second = 1e12;
    gate_ = std::make_unique<rpc::Gate>(options, *std::move(tokens));
    const auto token = [&key](const char* subject, const char* role) {
      return "Bearer " + key.Sign({{"iss", "issuer"},
                                   {"aud", "shop"},
                                   {"sub", subject},
                                   {"role", role},
                                   {"exp", absl::ToUnixSeconds(kNow) + 3600}});
    };
    tokens_ = {token("alice", "operator"), token("alice", "buyer"), token("bob", "buyer")};
  }

  rpc::Gate& gate() { return *gate_; }

  void Show(Who who, grpc::CallbackServerContext& context) const {
    if (who == Who::kNobody) return;
    const std::string& token = tokens_[static_cast<size_t>(who)];
    // What a server's transport would do; the map itself is not const.
    auto& metadata =
        const_cast<std::multimap<grpc::string_ref, grpc::string_ref>&>(context.client_metadata());
    metadata.emplace("authorization", token);
  }

 private:
  std::unique_ptr<rpc::Gate> gate_;
  std::vector<std::string> tokens_;
};

// An error must be readable by a client as what the server meant. (Health has no details.)
inline void CheckError(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::NOT_FOUND && status.error_details().empty()) return;
  google::rpc::Status proto;
  Check(proto.ParseFromString(status.error_details()), "error details are a google.rpc.Status");
  Check(proto.code() == status.error_code(), "and of the same code");
  Check(proto.details_size() == 0 || !GetErrorDetail(rpc::FromGrpc(status)).reason.empty(),
        "and with a reason that can be read");
  Check(status.error_code() != grpc::StatusCode::INTERNAL, "nothing goes wrong within");
}

// The methods of a server, by number.
class Methods {
 public:
  enum Access { kForAll, kForCallers, kForOperators, kForPeers };

  Methods(Entrance& entrance, bool& watching) : entrance_(entrance), watching_(watching) {}

  template <typename Service, typename Base, typename Request, typename Response>
  void Add(Access access, Service& service,
           grpc::ServerUnaryReactor* (Base::*method)(grpc::CallbackServerContext*, const Request*,
                                                     Response*)) {
    kinds_.push_back(&Request::default_instance());
    calls_.push_back(
        [this, access, &service, method](const google::protobuf::Message& message, Who who) {
          // Both end with the call, as they do in a server.
          const auto request = std::make_unique<Request>(static_cast<const Request&>(message));
          const auto response = std::make_unique<Response>();
          grpc::CallbackServerContext context;
          std::binary_semaphore finished(0);
          grpc::testing::DefaultReactorTestPeer peer(
              &context, [&finished](const grpc::Status&) { finished.release(); });
          entrance_.Show(who, context);
          (service.*method)(&context, request.get(), response.get());
          finished.acquire();
          while (!peer.test_status_set()) std::this_thread::yield();
          CheckAnswer(access, who, peer.test_status(), *response);
        });
  }

  // A stream that ends at once, because nobody is there to read it.
  template <typename Service, typename Base, typename Request, typename Response>
  void Add(Access, Service& service,
           grpc::ServerWriteReactor<Response>* (Base::*method)(grpc::CallbackServerContext*,
                                                               const Request*)) {
    kinds_.push_back(&Request::default_instance());
    calls_.push_back([this, &service, method](const google::protobuf::Message& message, Who who) {
      const Request request = static_cast<const Request&>(message);
      grpc::CallbackServerContext context;
      entrance_.Show(who, context);
      watching_ = true;
      (service.*method)(&context, &request)->OnDone();
      watching_ = false;
    });
  }

  const std::vector<const google::protobuf::Message*>& kinds() const { return kinds_; }

  void Call(const Step& step) const {
    const size_t number = KindOf(step, kinds_.size());
    const auto message = ReadMessage(*kinds_[number], step);
    if (message != nullptr) calls_[number](*message, WhoCalls(step));
  }

 private:
  static void CheckAnswer(Access access, Who who, const grpc::Status& status,
                          const google::protobuf::Message& response) {
    if (who == Who::kNobody && (access == kForCallers || access == kForOperators)) {
      Check(status.error_code() == grpc::StatusCode::UNAUTHENTICATED, "nobody is let in");
    } else if (who != Who::kOwner && access == kForOperators) {
      Check(status.error_code() == grpc::StatusCode::PERMISSION_DENIED, "no buyer is let in");
    }
    if (!status.ok()) return CheckError(status);
    const std::unique_ptr<google::protobuf::Message> again(response.New());
    Check(again->ParseFromString(response.SerializeAsString()), "answers can be read");
  }

  Entrance& entrance_;
  bool& watching_;
  std::vector<const google::protobuf::Message*> kinds_;
  std::vector<std::function<void(const google::protobuf::Message&, Who)>> calls_;
};

// The rows of one table: those it begins with, and what a script changed. Calls come one at a time,
// so that it needs no lock.
template <typename Aggregate, typename Codec>
class StubTable {
 public:
  void Begin(const Aggregate& aggregate) {
    const postgres::DocumentRow row = Codec::Encode(aggregate);
    MessageMutator::Learn("trading_id", row.trading_id.ToString());
    begun_[row.trading_id] = row;
  }
  void Reset() { rows_ = begun_; }

  const std::map<Uuid, postgres::DocumentRow>& rows() const { return rows_; }

  std::optional<Aggregate> Find(const Uuid& id) const {
    const auto found = rows_.find(id);
    if (found == rows_.end()) return std::nullopt;
    return Codec::Decode(found->second);
  }

  void Put(const Aggregate& next) {
    postgres::DocumentRow row = Codec::Encode(next);
    const std::optional<Aggregate> before = Find(row.trading_id);
    const postgres::HistoryEntry change = Codec::EncodeChange(before ? &*before : nullptr, next);
    const int64_t revision = before ? rows_.at(row.trading_id).revision : 0;
    Check(row.revision == revision + 1 && change.revision == row.revision, "revisions follow");
    Check(change.trading_id == row.trading_id, "the history is about the same trade");
    Check(Codec::Encode(Codec::Decode(row)).document == row.document, "documents keep everything");
    rows_[row.trading_id] = std::move(row);
  }

 private:
  std::map<Uuid, postgres::DocumentRow> begun_;
  std::map<Uuid, postgres::DocumentRow> rows_;
};

// The receiving end of a numbered sequence, as ApplyNumbered is one; `Rules` are the same but for
// the work.
template <typename Aggregate, typename Codec, typename Message, typename Rules>
std::vector<absl::StatusOr<ApplyAnswer>> ApplyAll(StubTable<Aggregate, Codec>& table,
                                                  std::span<const Message> messages, Rules rules) {
  std::vector<absl::StatusOr<ApplyAnswer>> answers;
  for (const Message& message : messages) {
    const std::optional<Aggregate> found = table.Find(message.trading_id);
    const Aggregate* aggregate = found ? &*found : nullptr;
    ApplyAnswer answer;
    switch (CheckSequence(rules.LastApplied(aggregate, message), rules.Number(message))) {
      case SequenceVerdict::kAlreadyApplied: answer.outcome = ApplyOutcome::kAlreadyApplied; break;
      case SequenceVerdict::kNotYet: answer.outcome = ApplyOutcome::kNotYet; break;
      case SequenceVerdict::kNext: {
        absl::StatusOr<Aggregate> next = rules.Apply(aggregate, message);
        if (next.ok()) {
          table.Put(*next);
          break;
        }
        answer = {ApplyOutcome::kRefused, std::string(next.status().message())};
        if (aggregate != nullptr) table.Put(rules.Skip(*aggregate, message));
      }
    }
    answers.emplace_back(std::move(answer));
  }
  return answers;
}

// Reads documents on a batcher's thread, as the desk does. What a watch asks is answered at once
// and with no trade: it would wait for changes that never come.
template <typename Table>
class StubStatuses final : public StatusReader {
 public:
  explicit StubStatuses(const Table& table)
      : table_(table),
        hub_({}, {}),
        batcher_({}, [this](std::span<const StatusQuery> queries) { return Read(queries); }) {}

  void Read(StatusQuery query, Patience patience, SnapshotDesk::Done done) override {
    if (watching) return done(TradeNotFound());
    batcher_.Submit(std::move(query), std::move(patience), std::move(done));
  }
  WatchHub& hub() override { return hub_; }

  bool watching = false;

 private:
  std::vector<absl::StatusOr<std::string>> Read(std::span<const StatusQuery> queries) const {
    std::vector<absl::StatusOr<std::string>> answers;
    for (const StatusQuery& query : queries) {
      const auto found = table_.rows().find(query.trading_id);
      if (found == table_.rows().end() || found->second.buyer != query.buyer) {
        answers.emplace_back(TradeNotFound());
      } else {
        answers.emplace_back(found->second.document);
      }
    }
    return answers;
  }

  const Table& table_;
  WatchHub hub_;
  Batcher<StatusQuery, std::string> batcher_;
};

// Work that waits for a person, one item of each trade.
template <typename Table>
std::vector<rpc::WaitingItem> ListWaiting(const Table& table, const WorkItem& after, size_t limit) {
  std::vector<rpc::WaitingItem> items;
  for (const auto& [id, row] : table.rows()) {
    if (id <= after.trading_id || items.size() == limit) continue;
    WorkItem item{id, 1, row.revision};
    item.attempts = kParkedAttempts;
    items.push_back({item, "queue", "what waits"});
  }
  return items;
}

// A page of that.
template <typename Table>
absl::StatusOr<rpc::WaitingPage> ListPage(const Table& table, const rpc::WaitingQuery& query) {
  return rpc::MakePage(
      query,
      [&](const WorkItem& after, size_t limit) -> absl::StatusOr<std::vector<rpc::WaitingItem>> {
        return ListWaiting(table, after, limit);
      });
}

}  // namespace tallystick::fuzz
