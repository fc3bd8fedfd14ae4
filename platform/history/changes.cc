#include "platform/history/changes.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "platform/error/error.h"
#include "platform/process/log.h"

namespace tallystick {
namespace {

constexpr char kTokenVersion[] = "c1";
constexpr size_t kMaxDatabaseBytes = 100;

absl::Status NoLongerThere(absl::string_view field) {
  return MakeError(
      absl::StatusCode::kOutOfRange, "NO_LONGER_KEPT",
      absl::StrCat(field, ": changes after it are no longer kept; begin again, without ", field,
                   ", which tells the latest state of every trade"),
      {{"field", std::string(field)}});
}

absl::Status OfAnotherDatabase() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "OTHER_DATABASE",
                   "cursor: the database was restored since, or a standby took over; begin again, "
                   "without a cursor or with a begin_time before that");
}

absl::Status OutOfOrder() {
  log::Error(
      "changes cannot be told: the database was restored from another cluster while the server "
      "ran; start it anew");
  return absl::InternalError("the database was restored; a server has to be started anew first");
}

}  // namespace

std::string ToToken(const ChangeCursor& cursor) {
  return absl::StrCat(kTokenVersion, ".", cursor.database, ".", cursor.place.transaction, ".",
                      cursor.place.trading_id.ToString(), ".", cursor.place.revision, ".",
                      cursor.trimmed);
}

std::optional<ChangeCursor> ParseChangeCursor(absl::string_view token) {
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  if (parts.size() != 6 || parts[0] != kTokenVersion || parts[1].size() > kMaxDatabaseBytes) {
    return std::nullopt;
  }
  const std::optional<Uuid> id = ParseUuid(parts[3]);
  ChangeCursor cursor{std::string(parts[1])};
  if (!id || !absl::SimpleAtoi(parts[2], &cursor.place.transaction) ||
      !absl::SimpleAtoi(parts[4], &cursor.place.revision) || cursor.place.revision < 0 ||
      !absl::SimpleAtoi(parts[5], &cursor.trimmed)) {
    return std::nullopt;
  }
  cursor.place.trading_id = *id;
  return cursor;
}

absl::StatusOr<ChangePage> ReadChanges(postgres::Session& session, const ChangeSource& source,
                                       const ChangeQuery& query) {
  return session.Run([&](postgres::Transaction& transaction) -> absl::StatusOr<ChangePage> {
    const postgres::ChangeHorizon horizon = postgres::ReadChangeHorizon(transaction);
    if (!horizon.is_in_order) return OutOfOrder();
    ChangeCursor from{horizon.database};
    if (query.cursor) {
      if (query.cursor->database != horizon.database) return OfAnotherDatabase();
      from = *query.cursor;
    } else if (query.begin) {
      const auto before = postgres::PlaceBefore(transaction, *query.begin);
      from.place = before ? *before : postgres::LastPlace(transaction, horizon.end);
    }
    postgres::ChangeRows found =
        postgres::LoadChanges(transaction, source.documents, from.place, horizon.end,
                              {query.max_changes, source.max_bytes});
    const postgres::TrimmedChanges trimmed = postgres::ReadTrimmedChanges(transaction);
    if (query.begin && *query.begin <= trimmed.until) return NoLongerThere("begin_time");
    if (from.place < postgres::BehindTransaction(trimmed.transaction)) {
      if (query.cursor && from.place.transaction > from.trimmed) return NoLongerThere("cursor");
      from.trimmed = trimmed.transaction;
    }
    return ChangePage{
        std::move(found.rows), {horizon.database, found.next, from.trimmed}, found.at_end};
  });
}

}  // namespace tallystick
