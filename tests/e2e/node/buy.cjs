// A program that buys for somebody: the Model Context Protocol's own SDK starts `tally mcp` and uses
// its tools. Prints one JSON object.
//   node buy.cjs TALLY LEDGER
const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');

const [tally, ledger] = process.argv.slice(2);

async function connect(...options) {
  const client = new Client({ name: 'buyer', version: '1' });
  await client.connect(new StdioClientTransport({
    command: tally,
    args: ['--profile', 'demo', 'mcp', ...options],
    env: { ...process.env, TALLY_LEDGER: ledger },
  }));
  // From here on the SDK holds every structured answer to the tool's schema.
  const { tools } = await client.listTools();
  const call = async (name, args = {}) => {
    const result = await client.callTool({ name, arguments: args });
    const texts = result.content.map((part) => part.text);
    const structured = result.structuredContent;
    if (structured && JSON.stringify(JSON.parse(texts[0])) !== JSON.stringify(structured)) {
      throw new Error(`${name}: the text is not the structure`);
    }
    return { failed: result.isError, words: texts.at(-1), structured };
  };
  return { client, tools, call };
}

const shipTo = ['Ann Example', 'Long Street 1', '12345 Springfield'];
const order = (reference, quantity, more = {}) => (
  { items: [{ sku: 'CHAI', quantity }], ship_to: shipTo, reference, ...more });

async function trackUntil(call, trade, state) {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    const { failed, words, structured } = await call('track', { trade });
    if (failed) throw new Error(words);
    if (structured.order?.state === state && structured.in_step && structured.settled) {
      return structured;
    }
    await new Promise((wake) => setTimeout(wake, 20));
  }
  throw new Error(`${trade} does not come to be ${state}`);
}

async function main() {
  const seen = {};
  const reader = await connect();
  seen.version = reader.client.getServerVersion();
  seen.read_only_tools = reader.tools.map((tool) => tool.name);
  seen.products = (await reader.call('products', { search: 'chai' })).structured;
  seen.quote = (await reader.call('quote', { items: [{ sku: 'CHAI', quantity: 2 }] })).structured;
  seen.refused_read_only = await reader.call('order', order('PO-0', 1));
  seen.no_sku = await reader.call('quote', { items: [{ sku: 'NONE', quantity: 1 }] });
  seen.no_trade = await reader.call('track', { trade: 'nonesuch' });

  const buyer = await connect('--allow-orders', '--max-trade', '50.00 USD',
    '--max-day', '90.00 USD');
  seen.tools = Object.fromEntries(buyer.tools.map((tool) => [tool.name, tool.annotations]));
  const expected = { expected_total: seen.quote.total };
  seen.ordered = await buyer.call('order', order('PO-1', 2, expected));
  seen.again = await buyer.call('order', order('PO-1', 2, expected));
  seen.another = await buyer.call('order', order('PO-1', 1));
  seen.other_price = await buyer.call('order', order('PO-2', 1, expected));
  seen.beyond_trade = await buyer.call('order', order('PO-2', 3));
  // Two at the same moment, of which the day has room for one.
  seen.at_once = await Promise.all(
    ['PO-3', 'PO-4'].map((reference) => buyer.call('order', order(reference, 2))));
  seen.objections = (await buyer.call('quote', { items: [{ sku: 'CHAI', quantity: 2 }] }))
    .structured.objections;
  seen.completed = await trackUntil(buyer.call, 'PO-1', 'COMPLETED');
  seen.too_late = await buyer.call('cancel', { trade: 'PO-1' });
  seen.returned = await buyer.call('return', {
    trade: 'PO-1', items: [{ sku: 'CHAI', quantity: 1 }], reason: 'one too many' });
  seen.list = (await buyer.call('list')).structured;
  seen.last = (await reader.call('list', { limit: 1 })).structured;
  seen.warnings = (await reader.call('warnings')).structured;
  await buyer.client.close();
  await reader.client.close();
  console.log(JSON.stringify(seen));
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
