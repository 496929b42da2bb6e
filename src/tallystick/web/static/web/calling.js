// Calls of a page to the HTTP interface: what was refused, and what only broke on the way, told apart.

/** The interface refused: `code` and `details` as its problem document has them. */
export class Refused extends Error {
  constructor(problem) {
    super(problem.detail || "");
    this.code = problem.code || "";
    this.details = problem.details || {};
  }
}

/** The line or the server broke: the same call may be made again. */
export class Broken extends Error {}

const TRY_AGAIN = new Set(["request_in_progress"]);

/**
 * Call `address`; return the JSON of the answer, or null where there is none.
 * `sent` is {json} or {bytes}; `key` makes a POST count once, however often it is sent.
 */
export async function call(method, address, { csrf, json, bytes, key, signal } = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrf };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (bytes !== undefined) headers["Content-Type"] = "application/octet-stream";
  if (key) headers["Idempotency-Key"] = key;
  let response;
  try {
    response = await fetch(address, {
      method,
      headers,
      body: json === undefined ? bytes : JSON.stringify(json),
      credentials: "same-origin",
      cache: "no-store",
      signal,
    });
    if (response.status === 204) return null;
    if (response.ok) return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Broken();
  }
  if (response.status >= 500 || response.status === 429) throw new Broken();
  const problem = await response.json().catch(() => ({}));
  if (TRY_AGAIN.has(problem.code)) throw new Broken();
  throw new Refused(problem);
}

const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15000, 30000];

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Do `attempt` until it is answered, with longer and longer waits; `onBreak` is told before each. */
export async function patiently(attempt, onBreak = () => {}) {
  for (const wait of WAITS_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      onBreak();
      await pause(wait);
    }
  }
  return attempt();
}

/** A fresh name for a request that must count once. */
export function onceOnly() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}
