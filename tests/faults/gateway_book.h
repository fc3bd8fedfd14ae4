// A payment gateway that keeps a book: what it did survives every kill of those who asked for it,
// all replicas share it, and it does a thing once for each reference, as real ones do.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "services/payment/workflow/gateway.h"

namespace tallystick::faults {

// What was done, or refused, under one reference.
struct BookEntry {
  std::string reference;
  TransactionType type = TransactionType::kUnspecified;
  Money amount;
  bool succeeded = false;
  int submissions = 0;        // how often it was asked for
  bool contradicted = false;  // asked for again with another type, amount or method

  friend bool operator==(const BookEntry&, const BookEntry&) = default;
};

// Decides by the payment method, as the sandbox does. Besides, by the reference: now and then it
// answers slowly, or not at all although it did what was asked, or not at all because it never
// heard of it. Thread-safe; several processes may have one book open.
class GatewayBook : public payment::Gateway {
 public:
  explicit GatewayBook(const std::string& path);

  payment::GatewayAnswer Submit(const payment::GatewayRequest& request) override;
  payment::GatewayAnswer Ask(const payment::GatewayRequest& request) override;

 private:
  std::mutex mutex_;
  SQLite::Database database_;
};

// The whole book at `path`.
std::vector<BookEntry> ReadBook(const std::string& path);

}  // namespace tallystick::faults
