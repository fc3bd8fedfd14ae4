#include "platform/service/server_calls.h"

#include <utility>

#include "platform/process/version.h"
#include "platform/transport/tls.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/server.pb.h"

namespace tallystick::rpc {
namespace {

void PutWork(WorkCounter& work, v1::GetServerStatusResponse& response) {
  const absl::StatusOr<std::vector<QueueCount>> counts = work.Count();
  if (!counts.ok()) return response.set_database_answers(false);
  for (size_t i = 0; i < counts->size(); ++i) {
    const QueueCount& count = (*counts)[i];
    v1::QueueStatus* queue = response.add_queues();
    queue->set_queue(work.queues()[i].name);
    queue->set_waiting(count.rows);
    if (count.oldest_due > absl::ZeroDuration()) {
      wire::Put(count.oldest_due, queue->mutable_oldest_due());
    }
    queue->set_retried(count.retried);
    queue->set_parked(count.parked);
  }
}

void PutCertificates(const std::vector<NamedCertificate>& certificates,
                     v1::GetServerStatusResponse& response) {
  for (const NamedCertificate& certificate : certificates) {
    const absl::StatusOr<absl::Time> expiry = ExpiryOf(certificate.path);
    if (!expiry.ok()) continue;  // it is being replaced
    v1::CertificateStatus* status = response.add_certificates();
    status->set_certificate(certificate.name);
    wire::Put(*expiry, status->mutable_expiry_time());
  }
}

v1::GetServerStatusResponse Look(const Inspection& inspection) {
  v1::GetServerStatusResponse response;
  response.set_service(inspection.service);
  response.set_version(kVersion);
  const postgres::DatabaseState database = inspection.readiness->database();
  response.set_database_answers(database != postgres::DatabaseState::kNoAnswer);
  response.set_database_read_only(database == postgres::DatabaseState::kUnwritable);
  // (One that does not answer would hold up who asks.)
  if (response.database_answers()) PutWork(*inspection.work, response);
  response.set_ready(response.database_answers() && inspection.readiness->IsReady());
  for (const auto& [service, connection] : inspection.readiness->Peers()) {
    v1::PeerConnection* peer = response.add_peers();
    peer->set_service(service);
    peer->set_connection(connection);
  }
  PutCertificates(inspection.certificates, response);
  return response;
}

}  // namespace

ServiceTable ServerCalls(TaskDesk& tasks, Inspection inspection) {
  ServiceTable table("tallystick.v1.ServerOperations");
  AddTask<v1::GetServerStatusRequest, v1::GetServerStatusResponse>(
      table, "GetServerStatus", ForOperators(), tasks,
      [](Call&, const v1::GetServerStatusRequest&) -> absl::StatusOr<bool> { return true; },
      [inspection = std::move(inspection)](bool) -> absl::StatusOr<v1::GetServerStatusResponse> {
        return Look(inspection);
      });
  return table;
}

}  // namespace tallystick::rpc
