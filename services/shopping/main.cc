// tally-shopping: the composition root.
#include "absl/strings/str_cat.h"
#include "platform/service/run_server.h"
#include "services/shopping/service/reconcile.h"
#include "services/shopping/service/shopping_server.h"

constexpr absl::Duration kLongestPeriod = absl::Hours(10 * 366 * 24);

int main(int argc, char** argv) {
  tallystick::shopping::ShoppingSettings settings;
  settings.server.ports.public_address = "127.0.0.1:7401";
  settings.server.ports.internal_address = "127.0.0.1:7411";
  return tallystick::rpc::RunServer(
      argc, argv, "tally-shopping", "The shop of Tallystick: what was ordered.", settings.server,
      [&](tallystick::Settings& add) {
        add.Add("payment-internal-address", settings.payment_internal_address,
                "Where payment takes instructions, host:port", tallystick::rpc::kAddresses);
        add.Add("delivery-internal-address", settings.delivery_internal_address,
                "Where delivery takes instructions, host:port", tallystick::rpc::kAddresses);
        add.Add("advertised-shopping-address", settings.advertised_shopping_address,
                "Where buyers are told to find the shop, host:port", tallystick::rpc::kAddress);
        add.Add("advertised-payment-address", settings.advertised_payment_address,
                "Where buyers are told to find payment, host:port", tallystick::rpc::kAddress);
        add.Add("advertised-delivery-address", settings.advertised_delivery_address,
                "Where buyers are told to find delivery, host:port", tallystick::rpc::kAddress);
        add.Add("return-period-ms", settings.policy.return_period,
                "How long after its delivery a product can be returned", absl::ZeroDuration(),
                kLongestPeriod);
        for (auto& [terms, period] : settings.policy.periods) {
          add.Add(PeriodSetting(terms), period,
                  absl::StrCat("From delivery to payment with ", ToString(terms),
                               "; less than its name says only for trials"),
                  absl::ZeroDuration(), kLongestPeriod);
        }
        add.Add("refusal-retention-hours", settings.refusal_retention,
                "How long the answer to a request that was refused is remembered; 0: for ever",
                absl::ZeroDuration(), absl::Hours(24 * 36600));
        add.Add("reconcile-patience-ms", settings.reconcile_patience,
                "How long a message of payment or delivery that does not fit may be on its way, "
                "before the trade is compared with them",
                absl::Milliseconds(1), absl::Hours(1));
        add.Add("compare-interval-ms", settings.compare_interval,
                "How often all trades are compared with payment and delivery, at most, when one "
                "had lost something",
                absl::Seconds(1), absl::Hours(24 * 366));
        add.Add("database-look-interval-ms", settings.database_look_interval,
                "How often the shop looks whether it, payment or delivery has a database that was "
                "restored, or whose standby took over; then all trades are compared",
                absl::Milliseconds(100), absl::Hours(24));
      },
      tallystick::shopping::Schema(), [&] { return Start(settings); },
      {{"reconcile",
        "Compare all trades with payment and delivery, put right what one of them has lost, say "
        "what became of it, and exit; beside the servers that run",
        [&] { return Reconcile(settings); }}});
}
