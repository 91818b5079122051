/**
 * Programs that only tests in the guest run: Debian's packages, fetched and unpacked, never installed
 * on this machine. Kept in `.cache/guest/packages/`; delete that folder to fetch the newest ones.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { updatePackageLists } from "./debian.mjs";
import { command, mustRun, root, StepFailure } from "./steps.mjs";

/**
 * A container runtime and what it runs containers with; the audit daemon and process accounting,
 * which tell of processes too; a name server, who asks it, and another C library, which asks in its own
 * way; and the libraries that those need. One that has had several names is kept by the first.
 */
const packages = [
  ["containerd"],
  ["runc"],
  ["libseccomp2"],
  ["acct"],
  ["auditd"],
  ["libaudit1"],
  ["libauparse0", "libauparse0t64"],
  ["libcap-ng0"],
  ["libwrap0"],
  ["libnsl2"],
  ["libtirpc3", "libtirpc3t64"],
  ["libgssapi-krb5-2"],
  ["libkrb5-3"],
  ["libk5crypto3"],
  ["libkrb5support0"],
  ["libkeyutils1"],
  ["libcom-err2"],
  ["dnsmasq-base"],
  ["bind9-dnsutils"],
  ["bind9-libs"],
  ["musl"],
  ["musl-dev"],
  ["libfstrm0"],
  ["libjemalloc2"],
  ["liblmdb0"],
  ["libmaxminddb0"],
  ["libprotobuf-c1"],
  ["libnetfilter-conntrack3"],
  ["libnfnetlink0"],
  ["libnftables1"],
  ["libnftnl11"],
  ["libmnl0"],
  ["libxtables12"],
  ["libjansson4"],
  ["libedit2"],
  ["libbsd0"],
  ["libmd0"],
  ["libuv1", "libuv1t64"],
  ["libjson-c5"],
  ["libnghttp2-14"],
  ["libdbus-1-3"],
  ["libgmp10"],
  ["libhogweed6", "libhogweed6t64"],
  ["libnettle8", "libnettle8t64"],
  ["libidn2-0"],
];
const folder = path.join(root, ".cache/guest/packages");

/** Where the package lies, as if that were `/`; `undefined` if it was not fetched. */
export function guestPackage(name) {
  const place = path.join(folder, name);
  return existsSync(place) ? place : undefined;
}

export async function fetchGuestPackages(steps) {
  const missing = () => packages.filter(([name]) => guestPackage(name) === undefined);
  if (missing().length === 0) return;
  const names = () => missing().map(([name]) => name);
  await steps.run("packages for the test guest", names().join(" "), async () => {
    if (await fetchAll(missing())) return "";
    await updatePackageLists();
    if (await fetchAll(missing())) return "";
    throw new StepFailure(
      `The package lists have no ${names().join(", ")} that can be fetched. ` +
        `As root:  apt-get update && apt-get download ${names().join(" ")}  says why.\n` +
        "Everything but the test guest works without them:  npm run test:fast",
    );
  });
}

async function fetchAll(wanted) {
  let all = true;
  for (const names of wanted) if (!(await fetchOne(names))) all = false;
  return all;
}

/** By whichever of its names the lists have. */
async function fetchOne([name, ...others]) {
  for (const each of [name, ...others]) if (await fetchAs(name, each)) return true;
  return false;
}

async function fetchAs(name, packageName) {
  const partial = path.join(folder, `.${name}.${process.pid}`);
  const unpacked = path.join(partial, "unpacked");
  mkdirSync(unpacked, { recursive: true });
  try {
    const download = ["-o", "APT::Sandbox::User=root", "download", packageName];
    if (!(await command("apt-get", download, { cwd: partial })).ok) return false;
    const archive = readdirSync(partial).find((file) => file.endsWith(".deb"));
    if (archive === undefined) return false;
    await mustRun("dpkg-deb", ["-x", path.join(partial, archive), unpacked]);
    rmSync(path.join(folder, name), { recursive: true, force: true });
    renameSync(unpacked, path.join(folder, name));
    return true;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
