// Values that the documents of several services hold, as Protobuf and back.
#pragma once

#include "platform/trade/report.h"
#include "platform/wire/convert.h"
#include "tallystick/record/v1/taken_back.pb.h"

namespace tallystick::wire {

inline record::v1::TakenBack ToRecord(const TakenBack& taken_back) {
  record::v1::TakenBack record;
  record.set_remembered_revision(taken_back.remembered.revision);
  Put(taken_back.remembered.update_time, record.mutable_remembered_update_time());
  record.set_revision(taken_back.revision);
  return record;
}

inline TakenBack FromRecord(const record::v1::TakenBack& record) {
  if (record.revision() == 0) return {};
  return {{record.remembered_revision(), TimeFrom(record.remembered_update_time())},
          record.revision()};
}

}  // namespace tallystick::wire
