// SPDX-License-Identifier: Apache-2.0
// Drives the official Node.js SDK: a job as JSON on standard input, what came of each of its calls
// as JSON on standard output. NODE_PATH names the folder that the SDK is installed in.
//
// job = {config, version?, calls: [{action, params, options?} | {action, octets}]}
// A job with a version goes through the generic client, which checks nothing by itself.

const fs = require("node:fs");
const { cam } = require("tencentcloud-sdk-nodejs/tencentcloud/services/cam");
const { CommonClient } = require("tencentcloud-sdk-nodejs/tencentcloud/common/common_client");

async function outcome(client, { action, params, options, octets }) {
  try {
    if (octets !== undefined) {
      return { response: await client.requestOctetStream(action, Buffer.from(octets)) };
    }
    if (options !== undefined || !(action in client)) {
      return { response: await client.request(action, params, options) };
    }
    return { response: await client[action](params) };
  } catch (error) {
    const { code, message, requestId } = error;
    return { error: { code, message, requestId } };
  }
}

async function main() {
  const { config, version, calls } = JSON.parse(fs.readFileSync(0, "utf8"));
  const client =
    version === undefined
      ? new cam.v20190116.Client(config)
      : new CommonClient(config.profile.httpProfile.endpoint, version, config);
  const outcomes = [];
  for (const call of calls) {
    outcomes.push(await outcome(client, call));
  }
  process.stdout.write(JSON.stringify(outcomes));
}

main();
