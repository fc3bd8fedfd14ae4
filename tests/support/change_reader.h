// Reads all changes of a service of an InProcessStack, as a program of the back office does.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tallystick/v1/changes.grpc.pb.h"
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {

// A trade, by its id, and its revision.
using ChangeName = std::pair<std::string, int64_t>;

class ChangeReader {
 public:
  // `server` 0 to 2: shopping, payment, delivery.
  ChangeReader(const InProcessStack& stack, int server)
      : stub_(v1::ChangeFeed::NewStub(Keys::Get().BuyerChannel(stack.address(server)))) {}

  v1::ChangeFeed::Stub& stub() { return *stub_; }

  absl::StatusOr<v1::ListChangesResponse> List(const v1::ListChangesRequest& request) {
    v1::ListChangesResponse response;
    const grpc::Status status =
        stub_->ListChanges(InProcessStack::By("operator:olga").get(), request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  absl::StatusOr<v1::ListChangesResponse> List(const std::string& cursor, int page_size = 0) {
    v1::ListChangesRequest request;
    request.set_cursor(cursor);
    request.set_page_size(page_size);
    return List(request);
  }

  // To the end; `cursor` is moved there. With `cursors`, that behind each page goes there.
  std::vector<v1::Change> ReadAll(std::string& cursor, int page_size = 0,
                                  std::vector<std::string>* cursors = nullptr) {
    std::vector<v1::Change> all;
    for (bool at_end = false; !at_end;) {
      const auto page = List(cursor, page_size);
      INFO(page.status().ToString());
      REQUIRE(page.ok());
      for (const v1::Change& change : page->changes()) all.push_back(change);
      cursor = page->cursor();
      at_end = page->at_end();
      if (cursors != nullptr) cursors->push_back(cursor);
    }
    return all;
  }

 private:
  std::unique_ptr<v1::ChangeFeed::Stub> stub_;
};

inline std::vector<ChangeName> NamesOf(const std::vector<v1::Change>& changes) {
  std::vector<ChangeName> names;
  for (const v1::Change& change : changes) {
    names.emplace_back(change.trading_id(), change.revision());
  }
  return names;
}

// All that there are in the table, each once, and those of a trade by their revisions.
inline void CheckComplete(const InProcessStack& stack, const std::string& database,
                          const std::vector<ChangeName>& names) {
  std::map<std::string, int64_t> last;
  for (const auto& [id, revision] : names) {
    CAPTURE(id, revision);
    REQUIRE(last[id] < revision);
    last[id] = revision;
  }
  REQUIRE(std::to_string(names.size()) ==
          stack.postgres().Ask(database, "SELECT count(*) FROM history"));
}

}  // namespace tallystick::testing
