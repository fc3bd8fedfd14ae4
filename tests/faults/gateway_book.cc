#include "tests/faults/gateway_book.h"

#include <chrono>
#include <optional>
#include <thread>

#include "services/payment/workflow/sandbox_gateway.h"

namespace tallystick::faults {
namespace {

using payment::GatewayAnswer;
using payment::GatewayRequest;

// A process that was stopped while it wrote holds the book: the others have no answer then.
constexpr int kBusyMs = 300;

enum class Mood { kPrompt, kSlow, kSilent, kDeaf };

// Of the first submission under a reference; the next ones are prompt.
Mood MoodFor(const GatewayRequest& request) {
  if (request.payment_method == "pm_sandbox_timeout") return Mood::kSilent;
  uint32_t hash = 2166136261;  // FNV-1a
  for (const char c : request.reference) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
  switch (hash % 50) {
    case 0: return Mood::kSilent;
    case 1: return Mood::kDeaf;
    case 2: return Mood::kSlow;
    default: return Mood::kPrompt;
  }
}

std::optional<GatewayAnswer> Find(SQLite::Database& book, const GatewayRequest& request) {
  SQLite::Statement find(book, "SELECT succeeded, reason FROM book WHERE reference = ?");
  find.bind(1, request.reference);
  if (!find.executeStep()) return std::nullopt;
  return GatewayAnswer{
      find.getColumn(0).getInt() != 0 ? GatewayAnswer::kSucceeded : GatewayAnswer::kFailed,
      find.getColumn(1).getString()};
}

// How often the reference was submitted before.
int CountSubmission(SQLite::Database& book, const GatewayRequest& request) {
  SQLite::Statement count(book,
                          "INSERT INTO calls (reference) VALUES (?) ON CONFLICT (reference) "
                          "DO UPDATE SET submissions = submissions + 1 RETURNING submissions");
  count.bind(1, request.reference);
  count.executeStep();
  return count.getColumn(0).getInt() - 1;
}

void Write(SQLite::Database& book, const GatewayRequest& request, const GatewayAnswer& answer) {
  SQLite::Statement put(
      book,
      "INSERT INTO book (reference, type, currency, amount, method, succeeded, reason) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (reference) DO UPDATE SET contradicted = "
      "contradicted OR type <> ?2 OR currency <> ?3 OR amount <> ?4 OR method <> ?5");
  put.bind(1, request.reference);
  put.bind(2, static_cast<int>(request.type));
  put.bind(3, request.amount.currency);
  put.bind(4, request.amount.minor);
  put.bind(5, request.payment_method);
  put.bind(6, answer.verdict == GatewayAnswer::kSucceeded ? 1 : 0);
  put.bind(7, answer.reason);
  put.exec();
}

}  // namespace

GatewayBook::GatewayBook(const std::string& path)
    : database_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMs) {
  // It has to outlive processes, not the machine.
  database_.exec("PRAGMA journal_mode = WAL");
  database_.exec("PRAGMA synchronous = OFF");
  database_.exec(
      "CREATE TABLE IF NOT EXISTS book (reference TEXT PRIMARY KEY, type INTEGER NOT NULL, "
      "currency TEXT NOT NULL, amount INTEGER NOT NULL, method TEXT NOT NULL, "
      "succeeded INTEGER NOT NULL, reason TEXT NOT NULL, contradicted INTEGER NOT NULL DEFAULT 0)");
  database_.exec(
      "CREATE TABLE IF NOT EXISTS calls (reference TEXT PRIMARY KEY, "
      "submissions INTEGER NOT NULL DEFAULT 1)");
}

GatewayAnswer GatewayBook::Submit(const GatewayRequest& request) {
  const Mood mood = MoodFor(request);
  payment::SandboxGateway rules;
  int before = 0;
  std::optional<GatewayAnswer> answer;
  try {
    std::lock_guard lock(mutex_);
    SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
    before = CountSubmission(database_, request);
    if (before > 0 || mood != Mood::kDeaf) {
      Write(database_, request, rules.Ask(request));
      answer = Find(database_, request);
    }
    transaction.commit();
  } catch (const SQLite::Exception&) {
    return {GatewayAnswer::kUnknown, ""};
  }
  if (before == 0 && mood == Mood::kSlow) {
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
  if (before == 0 && (mood == Mood::kSilent || mood == Mood::kDeaf)) {
    return {GatewayAnswer::kUnknown, ""};
  }
  return answer.value_or(GatewayAnswer{GatewayAnswer::kUnknown, ""});
}

GatewayAnswer GatewayBook::Ask(const GatewayRequest& request) {
  try {
    std::lock_guard lock(mutex_);
    return Find(database_, request).value_or(GatewayAnswer{GatewayAnswer::kNeverHeardOf, ""});
  } catch (const SQLite::Exception&) {
    return {GatewayAnswer::kUnknown, ""};
  }
}

std::vector<BookEntry> ReadBook(const std::string& path) {
  SQLite::Database book(path, SQLite::OPEN_READWRITE, 10'000);
  SQLite::Statement rows(book,
                         "SELECT book.reference, type, currency, amount, succeeded, submissions, "
                         "contradicted FROM book JOIN calls ON calls.reference = book.reference "
                         "ORDER BY book.reference");
  std::vector<BookEntry> entries;
  while (rows.executeStep()) {
    entries.push_back({rows.getColumn(0).getString(),
                       static_cast<TransactionType>(rows.getColumn(1).getInt()),
                       {rows.getColumn(2).getString(), rows.getColumn(3).getInt64()},
                       rows.getColumn(4).getInt() != 0,
                       rows.getColumn(5).getInt(),
                       rows.getColumn(6).getInt() != 0});
  }
  return entries;
}

}  // namespace tallystick::faults
