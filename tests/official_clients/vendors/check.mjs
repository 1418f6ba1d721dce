// Lets a vendor's own client speak to detector-sandbox. Arguments: the client, the sandbox's URL, a
// file. Prints what the client understood as one JSON object.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const TEXT = 'It was a dark and stormy night; the rain fell in torrents. '.repeat(6);

async function realitydefender(url, file) {
  const { RealityDefender } = require('@realitydefender/realitydefender');
  const client = new RealityDefender({ apiKey: 'key', baseUrl: `${url}/realitydefender` });
  const result = await client.detect({ filePath: file }, { pollingInterval: 20, maxAttempts: 50 });
  return { status: result.status, score: result.score };
}

async function copyleaks(url) {
  const { Copyleaks, CopyleaksConfig, CopyleaksNaturalLanguageSubmissionModel } =
    require('plagiarism-checker');
  CopyleaksConfig.API_SERVER_URI = `${url}/copyleaks`;
  CopyleaksConfig.IDENTITY_SERVER_URI = `${url}/copyleaks`;
  const client = new Copyleaks();
  const login = await client.loginAsync('me@site.test', 'key');
  const submission = new CopyleaksNaturalLanguageSubmissionModel(TEXT);
  const answer = await client.aiDetectionClient.submitNaturalTextAsync(login, 'scan-1', submission);
  return { score: answer.summary.ai, credits: answer.scannedDocument.actualCredits };
}

async function openai(url) {
  const { default: OpenAI } = await import('openai');
  const client = new OpenAI({ apiKey: 'key', baseURL: `${url}/openai/v1`, maxRetries: 0 });
  const schema = {
    type: 'object', properties: { ai_probability: { type: 'number' } },
    required: ['ai_probability'], additionalProperties: false,
  };
  const answer = await client.chat.completions.create({
    model: 'm', messages: [{ role: 'user', content: TEXT }],
    response_format: { type: 'json_schema', json_schema: { name: 'v', strict: true, schema } },
  });
  return { score: JSON.parse(answer.choices[0].message.content).ai_probability,
           requestId: answer._request_id };
}

async function sapling(url) {
  const { Client } = await import('@saplingai/sapling-js/client');
  const answer = await new Client('key', { hostname: `${url}/sapling` }).aidetect(TEXT);
  return { score: answer.data.score };
}

async function sightengine(url, file) {
  // Its host is a constant: the requests are turned to the sandbox on their way out.
  const path = require.resolve('node-fetch', { paths: [require.resolve('sightengine')] });
  const fetch = require(path);
  require.cache[path].exports = (target, options) =>
    fetch(target.replace('https://api.sightengine.com/', `${url}/sightengine/`), options);
  const client = require('sightengine')('user', 'secret');
  const answer = await client.check(['genai']).set_file(file);
  const refused = await require('sightengine')('user', '').check(['genai']).set_file(file);
  return { status: answer.status, score: answer.type.ai_generated, refused: refused.error.type };
}

const clients = { realitydefender, copyleaks, openai, sapling, sightengine };
const [name, url, file] = process.argv.slice(2);
console.log(JSON.stringify(await clients[name](url, file)));
