// Every metric of a server: its name, what it tells and its labels. docs/operations.md has the same
// table, which a test holds against this one.
#pragma once

namespace tallystick::metrics {

struct Declaration {
  enum Kind {
    kCounter,
    kGauge,
    kSeconds,  // a histogram of durations
    kSizes,    // a histogram of numbers
  };
  const char* name;
  Kind kind;
  const char* help;
  const char* labels = "";  // with blanks between them
};

// Of the calls that come in. The names are those that dashboards for gRPC know.
inline constexpr Declaration kCallsStarted{"grpc_server_started_total", Declaration::kCounter,
                                           "Calls that came in",
                                           "grpc_type grpc_service grpc_method"};
inline constexpr Declaration kCallsHandled{"grpc_server_handled_total", Declaration::kCounter,
                                           "Calls that were answered, by status code",
                                           "grpc_type grpc_service grpc_method grpc_code"};
inline constexpr Declaration kCallSeconds{
    "grpc_server_handling_seconds", Declaration::kSeconds,
    "From a call's headers to its answer; of a stream, to its end",
    "grpc_type grpc_service grpc_method"};
// Of calls that answer many requests one by one, and succeed though each of those fails.
inline constexpr Declaration kItems{
    "tallystick_items_total", Declaration::kCounter,
    "Requests within batch calls that were answered, by status code",
    "grpc_service grpc_method grpc_code"};
inline constexpr Declaration kCallsRefused{
    "tallystick_calls_refused_total", Declaration::kCounter,
    "Calls that were turned away: no right, no room, or no sense", "reason"};

inline constexpr Declaration kBatchSize{"tallystick_batch_size", Declaration::kSizes,
                                        "Requests that were processed together", "batch"};
inline constexpr Declaration kBatchWaiting{"tallystick_batch_waiting", Declaration::kGauge,
                                           "Requests that wait for the next batch", "batch"};

// Of the queues of due work: what this process does, and what the table holds.
inline constexpr Declaration kQueueBatchSize{"tallystick_queue_batch_size", Declaration::kSizes,
                                             "Items of due work that were given to their handler",
                                             "queue"};
inline constexpr Declaration kQueueInMemory{"tallystick_queue_in_memory", Declaration::kGauge,
                                            "Items of due work that this process holds", "queue"};
inline constexpr Declaration kQueueItems{
    "tallystick_queue_items_total", Declaration::kCounter,
    "Items of due work that were tried, by what became of them", "queue outcome"};
inline constexpr Declaration kQueuePauses{"tallystick_queue_pauses_total", Declaration::kCounter,
                                          "How often the queue failed as a whole", "queue"};
inline constexpr Declaration kWork{
    "tallystick_work", Declaration::kGauge,
    "Rows of the table of work that are due now or later, 100000 at most", "queue"};
inline constexpr Declaration kWorkOldestDue{
    "tallystick_work_oldest_due_seconds", Declaration::kGauge,
    "For how long the oldest due row has been due", "queue"};
inline constexpr Declaration kWorkRetried{
    "tallystick_work_retried", Declaration::kGauge,
    "Of the rows, those that were tried in vain and are tried again, 100000 at most", "queue"};
inline constexpr Declaration kWorkParked{"tallystick_work_parked", Declaration::kGauge,
                                         "Rows that wait for a person, 100000 at most", "queue"};
inline constexpr Declaration kWorkCountedTime{"tallystick_work_counted_timestamp_seconds",
                                              Declaration::kGauge,
                                              "When the table of work was looked at last"};
inline constexpr Declaration kWorkCountedAge{
    "tallystick_work_counted_age_seconds", Declaration::kGauge,
    "For how long the table of work has not been looked at, whatever any clock says"};

inline constexpr Declaration kTrades{"tallystick_trades_total", Declaration::kCounter,
                                     "Trades that this process brought into a state", "state"};

inline constexpr Declaration kDatabaseSeconds{
    "tallystick_database_transaction_seconds", Declaration::kSeconds,
    "Transactions, each try by itself, from begin to commit"};
inline constexpr Declaration kDatabaseConflicts{"tallystick_database_conflicts_total",
                                                Declaration::kCounter,
                                                "Transactions that met another one", "kind"};
inline constexpr Declaration kDatabaseRetries{"tallystick_database_retries_total",
                                              Declaration::kCounter,
                                              "Transactions that were tried once more"};
inline constexpr Declaration kDatabaseLost{"tallystick_database_connections_lost_total",
                                           Declaration::kCounter,
                                           "Connections that broke or could not be made"};

inline constexpr Declaration kGatewayCalls{"tallystick_gateway_calls_total", Declaration::kCounter,
                                           "Calls to the payment gateway, by its answer",
                                           "call outcome"};
inline constexpr Declaration kGatewaySeconds{"tallystick_gateway_call_seconds",
                                             Declaration::kSeconds,
                                             "How long the payment gateway took", "call"};
inline constexpr Declaration kCarrierCalls{"tallystick_carrier_calls_total", Declaration::kCounter,
                                           "Calls to the carrier, by its answer", "call outcome"};
inline constexpr Declaration kCarrierSeconds{
    "tallystick_carrier_call_seconds", Declaration::kSeconds, "How long the carrier took", "call"};

inline constexpr Declaration kReady{
    "tallystick_ready", Declaration::kGauge,
    "1 while the database can be written to and the server is not draining"};
inline constexpr Declaration kClockOffset{
    "tallystick_clock_offset_seconds", Declaration::kGauge,
    "How far the server's clock is ahead of its database's; negative: behind"};
inline constexpr Declaration kTokenKeys{"tallystick_token_keys", Declaration::kGauge,
                                        "Keys for tokens that can be read"};
inline constexpr Declaration kCertificateSeconds{
    "tallystick_certificate_seconds_left", Declaration::kGauge,
    "Until the certificate expires; negative afterwards", "certificate"};
inline constexpr Declaration kBuildInfo{"tallystick_build_info", Declaration::kGauge,
                                        "1, with what runs here", "service version"};

inline constexpr Declaration kDeclared[] = {
    kCallsStarted,    kCallsHandled,   kCallSeconds,    kItems,           kCallsRefused,
    kBatchSize,       kBatchWaiting,   kQueueBatchSize, kQueueInMemory,   kQueueItems,
    kQueuePauses,     kWork,           kWorkOldestDue,  kWorkRetried,     kWorkParked,
    kWorkCountedTime, kWorkCountedAge, kTrades,         kDatabaseSeconds, kDatabaseConflicts,
    kDatabaseRetries, kDatabaseLost,   kGatewayCalls,   kGatewaySeconds,  kCarrierCalls,
    kCarrierSeconds,  kReady,          kClockOffset,    kTokenKeys,       kCertificateSeconds,
    kBuildInfo};

}  // namespace tallystick::metrics
