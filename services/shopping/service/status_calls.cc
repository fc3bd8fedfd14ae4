#include "platform/calls/watch_calls.h"
#include "services/shopping/service/buyer_calls.h"
#include "services/shopping/service/information.h"
#include "tallystick/record/v1/order_record.pb.h"

namespace tallystick::shopping {
namespace {

using record::v1::OrderChange;
using record::v1::OrderRecord;

constexpr auto kWriteOrder = [](OrderRecord record, auto& answer) {
  answer.mutable_status()->Swap(record.mutable_status()->mutable_order());
};
constexpr auto kWriteTrading = [](OrderRecord record, auto& answer) {
  answer.mutable_status()->Swap(record.mutable_status());
};

}  // namespace

void AddStatusCalls(rpc::ServiceTable& table, const v1::ServiceAddresses& addresses,
                    StatusReader& statuses) {
  rpc::AddRead<OrderRecord, v1::GetTradingInformationRequest, v1::GetTradingInformationResponse>(
      table, "GetTradingInformation", statuses,
      [addresses](OrderRecord record, v1::GetTradingInformationResponse& response) {
        *response.mutable_information() = Information(std::move(record), addresses);
      });
  rpc::AddRead<OrderRecord, v1::GetOrderStatusRequest, v1::GetOrderStatusResponse>(
      table, "GetOrderStatus", statuses, kWriteOrder);
  rpc::AddReadAll<OrderRecord, v1::BatchGetOrderStatusesRequest, v1::BatchGetOrderStatusesResponse>(
      table, "BatchGetOrderStatuses", statuses, kWriteOrder);
  rpc::AddRead<OrderRecord, v1::GetTradingStatusRequest, v1::GetTradingStatusResponse>(
      table, "GetTradingStatus", statuses, kWriteTrading);
  rpc::AddReadAll<OrderRecord, v1::BatchGetTradingStatusesRequest,
                  v1::BatchGetTradingStatusesResponse>(table, "BatchGetTradingStatuses", statuses,
                                                       kWriteTrading);
  rpc::AddWatch<OrderChange, v1::WatchOrderStatusRequest, v1::WatchOrderStatusResponse>(
      table, "WatchOrderStatus", statuses,
      [](OrderChange change, v1::WatchOrderStatusResponse& response) {
        response.mutable_status()->Swap(change.mutable_order());
      });
}

}  // namespace tallystick::shopping
