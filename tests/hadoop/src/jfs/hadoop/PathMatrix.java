package jfs.hadoop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.crypto.CryptoProtocolVersion;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.XAttr;
import org.apache.hadoop.fs.XAttrSetFlag;
import org.apache.hadoop.fs.permission.AclEntry;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.protocol.ClientProtocol;
import org.apache.hadoop.hdfs.protocol.DirectoryListing;
import org.apache.hadoop.hdfs.protocol.ExtendedBlock;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.apache.hadoop.hdfs.protocol.HdfsFileStatus;
import org.apache.hadoop.io.EnumSetWritable;

/**
 * Every call of ClientProtocol that takes a path, with every kind of path that has rules of its own: reserved ones, those
 * through an inode id, through /.reserved/raw, below .snapshot, through a file, and those that no name can have. Random
 * calls reach few of these pairs. Each change is tried in a directory of its own.
 */
public final class PathMatrix {
  private static final long BLOCK = 1 << 20;

  /** `path` is what is tried, `base` the directory that belongs to this case. */
  private interface Call {
    Object on(ClientProtocol protocol, String path, String base) throws Exception;
  }

  private record Case(String name, boolean changes, Call call) {}

  private final List<Case> cases = new ArrayList<>();
  private final Side judge;
  private final Side other;
  private int made;

  private PathMatrix(Side judge, Side other) {
    this.judge = judge;
    this.other = other;
    reads();
    changesOfTheTree();
    changesOfFiles();
    changesOfAttributes();
  }

  private void read(String name, Call call) {
    cases.add(new Case(name, false, call));
  }

  private void change(String name, Call call) {
    cases.add(new Case(name, true, call));
  }

  private void reads() {
    read("getFileInfo", (p, path, base) -> p.getFileInfo(path));
    read("getFileLinkInfo", (p, path, base) -> p.getFileLinkInfo(path));
    read("getLocatedFileInfo", (p, path, base) -> p.getLocatedFileInfo(path, false));
    read("getListing", (p, path, base) -> listing(p.getListing(path, HdfsFileStatus.EMPTY_NAME, false)));
    read("getContentSummary", (p, path, base) -> p.getContentSummary(path));
    read("getQuotaUsage", (p, path, base) -> p.getQuotaUsage(path));
    read("getBlockLocations", (p, path, base) -> p.getBlockLocations(path, 0, 1));
    read("getPreferredBlockSize", (p, path, base) -> p.getPreferredBlockSize(path));
    read("isFileClosed", (p, path, base) -> p.isFileClosed(path));
    read("checkAccess", (p, path, base) -> done(() -> p.checkAccess(path, FsAction.READ)));
    read("getAclStatus", (p, path, base) -> p.getAclStatus(path));
    read("getXAttrs", (p, path, base) -> p.getXAttrs(path, null));
    read("listXAttrs", (p, path, base) -> p.listXAttrs(path));
    read("getLinkTarget", (p, path, base) -> p.getLinkTarget(path));
    read("getStoragePolicy", (p, path, base) -> p.getStoragePolicy(path));
    read("getErasureCodingPolicy", (p, path, base) -> p.getErasureCodingPolicy(path));
    read("getEZForPath", (p, path, base) -> p.getEZForPath(path));
    read("getEnclosingRoot", (p, path, base) -> p.getEnclosingRoot(path));
  }

  private void changesOfTheTree() {
    FsPermission mode = new FsPermission((short) 0755);
    change("mkdirs", (p, path, base) -> p.mkdirs(path, mode, true));
    change("mkdirs without parents", (p, path, base) -> p.mkdirs(path, mode, false));
    change("delete", (p, path, base) -> p.delete(path, true));
    change("delete one", (p, path, base) -> p.delete(path, false));
    change("rename from", (p, path, base) -> rename(p, path, base + "/new"));
    change("rename to", (p, path, base) -> rename(p, base + "/f", path));
    change("rename2 from", (p, path, base) -> done(() -> p.rename2(path, base + "/new")));
    change("rename2 to", (p, path, base) -> done(() -> p.rename2(base + "/f", path)));
    change("rename2 over", (p, path, base) -> done(() -> p.rename2(base + "/f", path, Options.Rename.OVERWRITE)));
    change("rename2 to trash", (p, path, base) -> done(() -> p.rename2(path, base + "/new", Options.Rename.TO_TRASH)));
    change("setQuota", (p, path, base) -> done(() -> p.setQuota(path, 50, HdfsConstants.QUOTA_DONT_SET, null)));
  }

  private void changesOfFiles() {
    change("create", (p, path, base) -> create(p, path, EnumSet.of(CreateFlag.CREATE), true));
    change("create alone", (p, path, base) -> create(p, path, EnumSet.of(CreateFlag.CREATE), false));
    change("create over", (p, path, base) -> create(p, path, EnumSet.of(CreateFlag.CREATE, CreateFlag.OVERWRITE), true));
    change("append", (p, path, base) -> p.append(path, "writer", new EnumSetWritable<>(EnumSet.of(CreateFlag.APPEND))).getFileStatus());
    change("complete", (p, path, base) -> p.complete(path, "writer", null, 0));
    change("addBlock", (p, path, base) -> p.addBlock(path, "writer", null, null, 0, null, null));
    change("fsync", (p, path, base) -> done(() -> p.fsync(path, 0, "writer", -1)));
    ExtendedBlock block = new ExtendedBlock("BP-1-127.0.0.1-1", 1073741825L, 0, 1001);
    change("abandonBlock", (p, path, base) -> done(() -> p.abandonBlock(block, 0, path, "writer")));
    change("truncate", (p, path, base) -> p.truncate(path, 0, "writer"));
    change("recoverLease", (p, path, base) -> p.recoverLease(path, "writer"));
    change("setReplication", (p, path, base) -> p.setReplication(path, (short) 2));
    change("concat to", (p, path, base) -> done(() -> p.concat(path, new String[] {base + "/g"})));
    change("concat from", (p, path, base) -> done(() -> p.concat(base + "/g", new String[] {path})));
  }

  private void changesOfAttributes() {
    List<AclEntry> acl = AclEntry.parseAclSpec("user:bob:rwx", true);
    List<AclEntry> whole = AclEntry.parseAclSpec("user::rwx,user:bob:rwx,group::r-x,other::---", true);
    XAttr xattr = new XAttr.Builder().setNameSpace(XAttr.NameSpace.USER).setName("a").setValue(new byte[] {1}).build();
    change("setPermission", (p, path, base) -> done(() -> p.setPermission(path, new FsPermission((short) 0750))));
    change("setOwner", (p, path, base) -> done(() -> p.setOwner(path, null, "staff")));
    change("setTimes", (p, path, base) -> done(() -> p.setTimes(path, 1, 2)));
    change("modifyAclEntries", (p, path, base) -> done(() -> p.modifyAclEntries(path, acl)));
    change("removeAclEntries", (p, path, base) -> done(() -> p.removeAclEntries(path, AclEntry.parseAclSpec("user:bob", false))));
    change("removeDefaultAcl", (p, path, base) -> done(() -> p.removeDefaultAcl(path)));
    change("removeAcl", (p, path, base) -> done(() -> p.removeAcl(path)));
    change("setAcl", (p, path, base) -> done(() -> p.setAcl(path, whole)));
    change("setXAttr", (p, path, base) -> done(() -> p.setXAttr(path, xattr, EnumSet.of(XAttrSetFlag.CREATE))));
    change("removeXAttr", (p, path, base) -> done(() -> p.removeXAttr(path, xattr)));
    XAttr raw = new XAttr.Builder().setNameSpace(XAttr.NameSpace.RAW).setName("a").setValue(new byte[] {1}).build();
    change("setXAttr raw", (p, path, base) -> done(() -> p.setXAttr(path, raw, EnumSet.of(XAttrSetFlag.CREATE))));
  }

  private interface Action {
    void run() throws Exception;
  }

  private static Object done(Action action) throws Exception {
    action.run();
    return null;
  }

  @SuppressWarnings("deprecation")
  private static Object rename(ClientProtocol protocol, String from, String to) throws IOException {
    return protocol.rename(from, to);
  }

  private static Object create(ClientProtocol protocol, String path, EnumSet<CreateFlag> flags, boolean parents)
      throws IOException {
    return protocol.create(path, FsPermission.getFileDefault(), "writer", new EnumSetWritable<>(flags, CreateFlag.class),
        parents, (short) 1, BLOCK, CryptoProtocolVersion.supported(), null, null);
  }

  private static Object listing(DirectoryListing listing) {
    if (listing == null) {
      return null;
    }
    List<String> out = new ArrayList<>();
    for (HdfsFileStatus status : listing.getPartialListing()) {
      // Directories of other cases come and go.
      if (!status.getLocalName().matches("p[0-9]+")) {
        out.add("'" + status.getLocalName() + "' " + Outcome.text(status));
      }
    }
    return out;
  }

  /** By name: the kinds of paths, each made of the directory of a case and what the ids of inodes are on a side. */
  private interface Spelling {
    String of(Side side, String base) throws Exception;
  }

  private static Map<String, Spelling> spellings() {
    Map<String, Spelling> out = new LinkedHashMap<>();
    for (String path : List.of("", "a/b", "/", "//", "/.reserved", "/.reserved/", "/.reserved/x", "/.reserved/x/y",
        "/.reserved/.inodes", "/.reserved/.inodes/", "/.reserved/.inodes/x", "/.reserved/.inodes/1", "/.reserved/.inodes/1/x",
        "/.reserved/.inodes/-5", "/.reserved/.inodes/+16385", "/.reserved/.inodes/99999999999999999999", "/.reserved/raw",
        "/.reserved/raw/", "/.reserved/raw/.reserved", "/.reserved/raw/.reserved/raw", "/.reserved/raw/none",
        "/.reserved/raw/.snapshot/x", "/.reserved/rawx", "/.reservedx", "/.snapshot", "/.snapshot/", "/.snapshot/s", "/.snapshot/s/t")) {
      out.put(path, (side, base) -> path);
    }
    for (String rest : List.of("", "/", "/d", "/d/", "/d/f", "/f", "/f/", "/f/x", "/f/x/y", "/none", "/none/x", "/.snapshot",
        "/.snapshot/s", "/.snapshot/s/t", "/f/.snapshot", "/none/.snapshot", "/.reserved", "/.reserved/raw", "//f", "/./f", "/../f",
        "/d/..", "/a:b", "/closed/f", "/closed/none", "/open", "/d/" + "n".repeat(256))) {
      String shown = rest.length() > 50 ? "/d/<long>" : rest;
      out.put("BASE" + shown, (side, base) -> base + rest);
      out.put("/.reserved/rawBASE" + shown, (side, base) -> "/.reserved/raw" + base + rest);
    }
    Map<String, String> known = Map.of("base", "", "dir", "/d", "file", "/d/f", "closed", "/closed/f", "open", "/open");
    for (Map.Entry<String, String> inode : new TreeMap<>(known).entrySet()) {
      boolean usual = Set.of("dir", "file").contains(inode.getKey());
      for (String rest : usual ? List.of("", "/", "/f", "/none", "/..", "/../f", "/.", "/.snapshot") : List.of("", "/f")) {
        out.put("/.reserved/.inodes/<" + inode.getKey() + ">" + rest,
            (side, base) -> "/.reserved/.inodes/" + side.inodeId(base + inode.getValue()) + rest);
      }
    }
    for (String rest : List.of("", "/", "/..", "/none")) {
      out.put("/.reserved/.inodes/<root>" + rest, (side, base) -> "/.reserved/.inodes/" + side.inodeId("/") + rest);
    }
    return out;
  }

  private String prepare(Side side, String base) throws Exception {
    ClientProtocol root = side.protocol(Side.SUPERUSER);
    ClientProtocol alice = side.protocol("alice");
    FsPermission all = new FsPermission((short) 0777);
    // What was tried may have been the root.
    root.setQuota("/", HdfsConstants.QUOTA_RESET, HdfsConstants.QUOTA_RESET, null);
    root.setPermission("/", all);
    root.removeAcl("/");
    root.mkdirs(base, all, true);
    root.setPermission(base, all);
    alice.mkdirs(base + "/d", new FsPermission((short) 0755), true);
    for (String file : List.of("/d/f", "/f", "/g")) {
      create(alice, base + file, EnumSet.of(CreateFlag.CREATE), true);
      alice.complete(base + file, "writer", null, 0);
    }
    create(alice, base + "/open", EnumSet.of(CreateFlag.CREATE), true);
    root.mkdirs(base + "/closed", new FsPermission((short) 0700), true);
    create(root, base + "/closed/f", EnumSet.of(CreateFlag.CREATE), true);
    root.complete(base + "/closed/f", "writer", null, 0);
    return base;
  }

  private String outcome(Side side, Case one, String user, String path, String base) {
    String text;
    try {
      text = "ok " + Outcome.text(one.call().on(side.protocol(user), path, base));
    } catch (Exception e) {
      text = Outcome.text(e);
    }
    return side.normalize(text).replaceAll("@[0-9a-f]{5,}", "@#");
  }

  private static boolean isNothing(String outcome) {
    return !outcome.startsWith("ok ") || outcome.equals("ok false");
  }

  private int run(AllowedDifferences allowed) throws Exception {
    int passed = 0;
    int failed = 0;
    Map<String, Spelling> spellings = spellings();
    for (Side side : List.of(judge, other)) {
      side.clear();
      // Of an earlier run: clear sees no attributes of this kind.
      List<XAttr> left = side.protocol(Side.SUPERUSER).listXAttrs("/.reserved/raw");
      for (XAttr attribute : left == null ? List.<XAttr>of() : left) {
        side.protocol(Side.SUPERUSER).removeXAttr("/.reserved/raw", attribute);
      }
    }
    String base = null;
    boolean changed = false;
    for (Case one : cases) {
      for (Map.Entry<String, Spelling> spelling : spellings.entrySet()) {
        for (String user : List.of(Side.SUPERUSER, "alice")) {
          if (base == null || changed) {
            String before = base;
            base = "/p" + ++made;
            for (Side side : List.of(judge, other)) {
              if (before != null) {
                side.protocol(Side.SUPERUSER).delete(before, true);
              }
              prepare(side, base);
            }
          }
          String expected = outcome(judge, one, user, spelling.getValue().of(judge, base), base);
          String found = outcome(other, one, user, spelling.getValue().of(other, base), base);
          // What was refused on both sides has left nothing behind that differs.
          changed = one.changes() && !(isNothing(expected) && isNothing(found));
          String name = one.name() + "(" + spelling.getKey() + ")";
          if (expected.equals(found) || allowed.allows("matrix." + name, expected, found)) {
            passed++;
            continue;
          }
          failed++;
          System.out.println(user + ": " + name + "\n    " + judge.name() + ": " + expected + "\n    "
              + other.name() + ": " + found);
        }
      }
    }
    System.out.println(passed + " passed, " + failed + " failed");
    return failed;
  }

  /** Arguments: the judge's address, the second side's scheme, name and addresses, and the file of differences on purpose. */
  public static void main(String[] arguments) throws Exception {
    Side judge = new Side("judge", "hdfs", arguments[0]);
    Side other = new Side(arguments[2], arguments[1], arguments[3]);
    int failed = new PathMatrix(judge, other).run(new AllowedDifferences(Path.of(arguments[4])));
    System.out.flush();
    Runtime.getRuntime().halt(failed == 0 ? 0 : 1);
  }
}
