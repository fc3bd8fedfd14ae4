#include "tests/faults/simulation/versions.h"

#include <algorithm>
#include <vector>

namespace tallystick::simulation {
namespace {

// A field, and the version that added it.
struct AddedField {
  const char* name;
  int version;
};
constexpr AddedField kAdded[] = {
    {"tallystick.v1.Report.previous_revision", 2},
    {"tallystick.v1.Report.previous_update_time", 2},
    {"tallystick.v1.Report.keepsake", 2},
    {"tallystick.v1.AuthorizePayment.keepsake", 2},
    {"tallystick.v1.CollectReturn.request_id", 2},
    {"tallystick.v1.Return.request_id", 2},
    {"tallystick.v1.ReduceDue.called_for", 2},
    {"tallystick.record.v1.OrderRecord.payment_keepsake", 2},
    {"tallystick.record.v1.OrderRecord.delivery_keepsake", 2},
    {"tallystick.record.v1.OrderRecord.unheard_payment", 2},
    {"tallystick.record.v1.OrderRecord.unheard_delivery", 2},
    {"tallystick.record.v1.PaymentRecord.shop_keepsake", 2},
    {"tallystick.record.v1.PaymentRecord.taken_back", 2},
    {"tallystick.record.v1.PaymentRecord.instructed", 2},
    {"tallystick.record.v1.DeliveryRecord.taken_back", 2},
    {"tallystick.record.v1.RefusedInstruction.shipment_id", 2},
    {"tallystick.v1.PaymentInstruction.traceparent", 2},
    {"tallystick.v1.DeliveryInstruction.traceparent", 2},
    {"tallystick.v1.Report.traceparent", 2},
    {"tallystick.record.v1.OrderRecord.traceparent", 2},
    {"tallystick.record.v1.PaymentRecord.traceparent", 2},
    {"tallystick.record.v1.DeliveryRecord.traceparent", 2},
};

bool IsKnown(int version, const google::protobuf::FieldDescriptor& field) {
  return std::ranges::none_of(kAdded, [&](const AddedField& added) {
    return added.version > version && field.full_name() == added.name;
  });
}

}  // namespace

void Forget(int version, google::protobuf::Message& message) {
  if (version >= kThisVersion) return;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (!IsKnown(version, *field)) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (!field->is_repeated()) {
      Forget(version, *reflection.MutableMessage(&message, field));
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Forget(version, *reflection.MutableRepeatedMessage(&message, field, i));
      }
    }
  }
}

}  // namespace tallystick::simulation
