// Calls to the real handlers of a server without a connection, and what stands in for its database:
// the domain and the codecs are the real ones, the rows are in memory.
#pragma once

#include <grpcpp/grpcpp.h>

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
#include "platform/calls/method.h"
#include "platform/calls/parse.h"
#include "platform/calls/work_list.h"
#include "platform/error/error.h"
#include "platform/history/status_desk.h"
#include "platform/postgres/document_table.h"
#include "platform/postgres/history_table.h"
#include "platform/service/health.h"
#include "platform/trade/sequence.h"
#include "platform/transport/status.h"
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

// A stream that nobody reads.
class DeadStream final : public rpc::Stream {
 public:
  absl::Status Write(const google::protobuf::Message&) override { return absl::OkStatus(); }
  void Finish(const absl::Status&) override { finished_.release(); }
  void Wait() { finished_.acquire(); }

 private:
  std::binary_semaphore finished_{0};
};

// The methods of a server, by number, called as its door calls them.
class Methods {
 public:
  Methods(Entrance& entrance, bool& watching, std::vector<rpc::ServiceTable> tables)
      : entrance_(entrance), watching_(watching), tables_(std::move(tables)) {
    for (const rpc::ServiceTable& table : tables_) {
      for (const rpc::Method& method : table.methods()) {
        methods_.push_back(&method);
        kinds_.push_back(method.request);
      }
    }
    Check(methods_.size() < 64, "a step's six bits have a number for each");
  }

  const std::vector<const google::protobuf::Message*>& kinds() const { return kinds_; }

  // A step that calls the method of this name with this request.
  Step To(const std::string& name, const google::protobuf::Message& request) const {
    for (size_t i = 0; i < methods_.size(); ++i) {
      if (methods_[i]->name == name) return {static_cast<uint8_t>(i), request.SerializeAsString()};
    }
    Check(false, "there is such a method");
    return {};
  }

  void Call(const Step& step) const {
    const rpc::Method& method = *methods_[KindOf(step, methods_.size())];
    const auto message = ReadMessage(*method.request, step);
    if (message == nullptr) return;
    // The door reads it anew, within its bounds.
    const std::unique_ptr<google::protobuf::Message> request(method.request->New());
    const std::string bytes = message->SerializeAsString();
    const grpc::Slice slice(bytes);
    if (!rpc::ParseRequest(grpc::ByteBuffer(&slice, 1), kMaxElements, *request).ok()) return;
    grpc::CallbackServerContext context;
    const Who who = WhoCalls(step);
    entrance_.Show(who, context);
    absl::StatusOr<rpc::Admission> admission = entrance_.gate().Admit(context, method.access);
    if (!admission.ok()) return CheckRefused(method, who, admission.status());
    Check(method.access.kind != rpc::Access::kOperator || who == Who::kOwner, "no buyer is let in");
    Check(method.access.kind != rpc::Access::kCaller || who != Who::kNobody, "nor is nobody");
    rpc::Call call(*std::move(admission), {SteadyAfter(absl::Minutes(1)), nullptr, ""});
    method.watch ? Watch(method, call, *request) : Handle(method, call, *request);
  }

 private:
  static constexpr size_t kMaxElements = 120'000;

  static void CheckRefused(const rpc::Method& method, Who who, const absl::Status& status) {
    Check(
        method.access.kind == rpc::Access::kCaller || method.access.kind == rpc::Access::kOperator,
        "whoever needs no token is let in");
    Check(who == Who::kNobody ? absl::IsUnauthenticated(status) : absl::IsPermissionDenied(status),
          "and refused for what is missing");
  }

  static void Handle(const rpc::Method& method, rpc::Call& call,
                     const google::protobuf::Message& request) {
    const std::unique_ptr<google::protobuf::Message> response(method.response->New());
    std::binary_semaphore finished(0);
    absl::Status status;
    method.handle(call, request, *response, [&](const absl::Status& answer) {
      status = answer;
      finished.release();
    });
    finished.acquire();
    if (!status.ok()) return CheckError(rpc::ToGrpc(status));
    const std::unique_ptr<google::protobuf::Message> again(method.response->New());
    Check(again->ParseFromString(response->SerializeAsString()), "answers can be read");
  }

  void Watch(const rpc::Method& method, rpc::Call& call,
             const google::protobuf::Message& request) const {
    DeadStream stream;
    watching_ = true;
    auto source = method.watch(call, request, stream);
    if (source.ok()) {
      (*source)->OnBegin();
      stream.Wait();
      (*source)->OnDone();
    }
    watching_ = false;
  }

  Entrance& entrance_;
  bool& watching_;
  const std::vector<rpc::ServiceTable> tables_;
  std::vector<const rpc::Method*> methods_;
  std::vector<const google::protobuf::Message*> kinds_;
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

// The receiving end of a numbered sequence; `take(change)` gives the new state.
template <SequenceRules Rules, typename Codec, typename Take>
std::vector<absl::StatusOr<ApplyAnswer>> ApplyAll(
    StubTable<typename Rules::Aggregate, Codec>& table,
    std::span<const typename Rules::Message> messages, Take take) {
  std::vector<absl::StatusOr<ApplyAnswer>> answers;
  for (const auto& message : messages) {
    const auto found = table.Find(Rules::TradingId(message));
    auto applied = ApplyOne<Rules>(found ? &*found : nullptr, message, kNow);
    if (applied.change) table.Put(take(*std::move(applied.change)));
    answers.emplace_back(std::move(applied.answer));
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
  absl::Status HasRoom(const Patience& patience) override { return batcher_.HasRoom(patience); }
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
rpc::WaitingWork WaitingIn(const Table& table) {
  return {
      {},
      [&table](const WorkItem& after, size_t limit) -> absl::StatusOr<std::vector<WaitingItem>> {
        std::vector<WaitingItem> items;
        for (const auto& [id, row] : table.rows()) {
          if (id <= after.trading_id || items.size() == limit) continue;
          WorkItem item{id, 1, row.revision};
          item.attempts = kParkedAttempts;
          items.push_back({item, "what waits"});
        }
        return items;
      },
      [](const WorkResolution&) -> absl::StatusOr<ResolvedWork> { return ResolvedWork{}; }};
}

}  // namespace tallystick::fuzz
