// Countersigning with a key of this browser: made and registered once, then it signs what the page shows.

import { forget, isAble, keep, keyOf, signed } from "./browser-keys.js";
import { Refused, call, onceOnly, patiently } from "./calling.js";

const AT = "/api/v1/deliveries";

/** Register the key, unless it is: its signature over the statement proves that it is held here. */
async function registered(held, name, way, csrf) {
  if (held.isRegistered) return held;
  const statement = way.keyStatement.replace(way.keyToCome, held.key);
  const json = { key: held.key, possession: await signed(held, statement) };
  const sent = { csrf, json, key: onceOnly() };
  try {
    await patiently(() => call("POST", `${AT}/keys`, sent));
  } catch (error) {
    if (!(error instanceof Refused && error.code === "signing_key_registered")) throw error;
  }
  const done = { ...held, isRegistered: true };
  await keep(name, done);
  return done;
}

/** Return whether a statement says what the page shows, and nothing else. */
function isThis(statement, way) {
  const said = JSON.parse(statement);
  const shown = {
    buyer: way.account,
    chain_id: way.chain,
    media_hash: way.mediaHash,
    purpose: "tallystick/countersignature/1",
    request: way.request,
    supplier: way.supplier,
  };
  const names = Object.keys(shown);
  return Object.keys(said).length === names.length && names.every((name) => said[name] === shown[name]);
}

async function countersign(place, says) {
  const way = place.dataset;
  const csrf = place.closest("form").elements.csrfmiddlewaretoken.value;
  const name = `${way.chain}/${way.account}`;
  const here = `${AT}/${way.browserKey}`;
  says(way.registers);
  const held = await registered(await keyOf(name), name, way, csrf);
  says(way.works);
  const { text } = await patiently(() => call("GET", `${here}/statement`, { csrf }));
  if (!isThis(text, way)) return says(way.other);
  const json = { key: held.key, signature: await signed(held, text) };
  const sent = { csrf, json, key: onceOnly() };
  try {
    await patiently(() => call("POST", `${here}/countersignature`, sent));
  } catch (error) {
    if (!(error instanceof Refused && error.code === "not_your_key")) throw error;
    await forget(name);
    return says(way.forgotten);
  }
  location.assign(way.doneAt);
}

const able = await isAble();
for (const place of document.querySelectorAll("[data-browser-key]")) {
  const line = place.querySelector("[data-says]");
  const says = (text) => {
    line.textContent = text;
  };
  place.hidden = !able;
  place.parentElement.querySelector("[data-no-browser-key]").hidden = able;
  const button = place.querySelector("[data-signs]");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await countersign(place, says);
    } catch (error) {
      says(error instanceof Refused ? error.message : place.dataset.gone);
    } finally {
      button.disabled = false;
    }
  });
}
