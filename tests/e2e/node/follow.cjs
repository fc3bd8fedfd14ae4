// A buyer in another language, made from proto/ alone: places an order, follows it on all three
// services, and reads the details of an error. Prints one JSON object.
//   node follow.cjs PROTO_FOLDER SHOPPING_ADDRESS TOKEN_FILE CA_FILE
const fs = require('node:fs');
const crypto = require('node:crypto');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [protoFolder, shoppingAddress, tokenFile, caFile] = process.argv.slice(2);

const definition = loader.loadSync(
  ['tallystick/v1/shopping.proto', 'tallystick/v1/payment.proto', 'tallystick/v1/delivery.proto'],
  { includeDirs: [protoFolder], keepCase: true, longs: String, enums: String, defaults: true });
const { v1 } = grpc.loadPackageDefinition(definition).tallystick;

const credentials = grpc.credentials.createSsl(fs.readFileSync(caFile));
const metadata = new grpc.Metadata();
metadata.set('authorization', `Bearer ${fs.readFileSync(tokenFile, 'utf8').trim()}`);
const deadline = () => ({ deadline: Date.now() + 20_000 });

function call(client, method, request) {
  return new Promise((resolve, reject) => {
    client[method](request, metadata, deadline(), (error, response) => {
      if (error) reject(error);
      else resolve(response);
    });
  });
}

// What stands in the standard details trailer: google.rpc.Status with an ErrorInfo.
const protobuf = require('protobufjs');
const root = new protobuf.Root();
root.resolvePath = (_, target) =>
  (target.startsWith('google/protobuf/') ? target : `${protoFolder}/${target}`);
root.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);

function errorInfoOf(error) {
  const bytes = error.metadata.get('grpc-status-details-bin')[0];
  const status = root.lookupType('google.rpc.Status').decode(bytes);
  return root.lookupType('google.rpc.ErrorInfo').decode(status.details[0].value);
}

// Follows a trade at one service until `ended`; gives its revisions and its last status.
function watch(client, method, tradingId, ended) {
  return new Promise((resolve, reject) => {
    const revisions = [];
    let after = '0';
    const start = () => {
      const stream = client[method]({ trading_id: tradingId, after_revision: after }, metadata,
        deadline());
      stream.on('data', ({ status }) => {
        revisions.push(Number(status.revision));
        after = status.revision;
        if (!ended(status)) return;
        resolve({ revisions, status });
        stream.cancel();
      });
      stream.on('error', (error) => {
        if (error.code === grpc.status.CANCELLED) return;
        // A trade placed a moment ago may not have reached the service yet.
        if (error.code === grpc.status.NOT_FOUND) setTimeout(start, 50);
        else reject(error);
      });
    };
    start();
  });
}

async function main() {
  const shopping = new v1.ShoppingService(shoppingAddress, credentials);
  const order = {
    request_id: crypto.randomUUID(),
    items: [{ sku: 'CHAI', quantity: '2' }],
    ship_to: { lines: ['Nora Node', 'Event Loop 1', '12345 Springfield'] },
    terms: 'TERMS_ON_DELIVERY',
    payment_method: 'pm_sandbox_ok',
  };
  const { information } = await call(shopping, 'PlaceOrder', order);
  const again = await call(shopping, 'PlaceOrder', order);
  let info;
  try {
    await call(shopping, 'PlaceOrder',
      { ...order, request_id: crypto.randomUUID(), items: [{ sku: 'CHAI', quantity: '99999' }] });
  } catch (error) {
    info = { code: error.code, ...errorInfoOf(error) };
  }
  const id = information.trading_id;
  const payment = new v1.PaymentService(information.services.payment, credentials);
  const delivery = new v1.DeliveryService(information.services.delivery, credentials);
  const [ordered, paid, delivered] = await Promise.all([
    watch(shopping, 'WatchOrderStatus', id, (status) => status.state === 'ORDER_STATE_COMPLETED'),
    watch(payment, 'WatchPaymentStatus', id,
      (status) => status.state === 'PAYMENT_STATE_CAPTURED' && status.schedule.completed_time),
    watch(delivery, 'WatchDeliveryStatus', id,
      (status) => status.state === 'DELIVERY_STATE_DELIVERED'),
  ]);
  const at = await call(payment, 'GetPaymentStatus',
    { trading_id: id, receive_time: paid.status.create_time });
  const word = await call(shopping, 'GetTradingStatus', { trading_id: id });
  console.log(JSON.stringify({
    trading_id: id,
    same_again: again.information.trading_id === id,
    total: information.contents.total.minor_units,
    order_revisions: ordered.revisions,
    payment_revisions: paid.revisions,
    delivery_revisions: delivered.revisions,
    captured: paid.status.captured.minor_units,
    delivered: delivered.status.lines[0].delivered,
    state_at_first: at.status.state,
    word_captured: word.status.payment.captured.minor_units,
    error: { code: info.code, reason: info.reason, metadata: info.metadata },
  }));
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
