#include "tests/faults/records.h"

#include <pqxx/pqxx>
#include <stdexcept>

#include "platform/postgres/array.h"
#include "platform/wire/convert.h"
#include "tallystick/record/v1/delivery_record.pb.h"
#include "tallystick/record/v1/order_record.pb.h"
#include "tallystick/record/v1/payment_record.pb.h"

namespace tallystick::faults {
namespace {

template <typename Record>
Record Parse(const pqxx::row& row) {
  Record record;
  if (!record.ParseFromString(postgres::ReadBytes(row[2]))) {
    throw std::runtime_error(std::string("the document of ") + row[0].c_str() + " is none");
  }
  return record;
}

// `read` gets the trading id and each row: trading_id, buyer, document.
template <typename Read>
void ReadDocuments(pqxx::transaction_base& work, const std::string& table, Read read) {
  for (const auto& row :
       work.exec("SELECT trading_id, buyer, document FROM " + table + " WHERE revision > 0")) {
    read(postgres::ReadUuid(row[0]), row);
  }
}

// What all three databases have.
void ReadCommon(pqxx::transaction_base& work, const std::string& database, Records& records) {
  for (const auto& row : work.exec("SELECT trading_id, queue, number, attempts >= 1000000, "
                                   "due_time > now() + interval '10 minutes' FROM all_work")) {
    const int queue = row[1].as<int>();
    // Only a capture at a date may be due much later.
    const bool planned = database == "payment" && queue == 3 && row[4].as<bool>();
    records.work.push_back({database, postgres::ReadUuid(row[0]), queue, row[2].as<int64_t>(),
                            row[3].as<bool>(), planned});
  }
  for (const auto& row :
       work.exec("SELECT trading_id, count(*), min(revision), max(revision) FROM history "
                 "GROUP BY trading_id")) {
    records.histories[database][postgres::ReadUuid(row[0])] = {
        row[1].as<int64_t>(), row[2].as<int64_t>(), row[3].as<int64_t>()};
  }
}

void ReadShop(pqxx::transaction_base& work, Records& records) {
  records.trading_id_key =
      postgres::ReadBytes(work.exec("SELECT key FROM trading_id_key").front()[0]);
  ReadDocuments(work, "orders", [&](const Uuid& id, const pqxx::row& row) {
    const auto record = Parse<record::v1::OrderRecord>(row);
    // What is refused for good is kept under its trading id, too, and is no order.
    if (!record.has_contents()) return;
    records.orders[id] = {row[1].c_str(), wire::FromProto(record.contents()),
                          wire::FromProto(record.status())};
  });
  for (const auto& row : work.exec("SELECT sku, stock FROM products")) {
    records.stock[row[0].c_str()] = row[1].as<int64_t>();
  }
  for (const auto& row : work.exec("SELECT sku, sum(delta) FROM stock_adjustments GROUP BY sku")) {
    records.adjusted[row[0].c_str()] = row[1].as<int64_t>();
  }
}

}  // namespace

void ReadDatabases(const std::function<std::string(const std::string&)>& url, Records& records) {
  for (const std::string database : {"shopping", "payment", "delivery"}) {
    pqxx::connection connection(url(database));
    pqxx::work work(connection);
    ReadCommon(work, database, records);
    if (database == "shopping") ReadShop(work, records);
    if (database == "payment") {
      ReadDocuments(work, "payments", [&](const Uuid& id, const pqxx::row& row) {
        const auto record = Parse<record::v1::PaymentRecord>(row);
        records.payments[id] = {row[1].c_str(), wire::FromProto(record.status()),
                                record.has_taken_back()};
      });
    }
    if (database == "delivery") {
      ReadDocuments(work, "deliveries", [&](const Uuid& id, const pqxx::row& row) {
        const auto record = Parse<record::v1::DeliveryRecord>(row);
        records.deliveries[id] = {row[1].c_str(), wire::FromProto(record.status()),
                                  record.has_taken_back()};
      });
    }
  }
}

}  // namespace tallystick::faults
