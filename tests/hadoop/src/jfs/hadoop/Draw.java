package jfs.hadoop;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.fs.permission.AclEntry;
import org.apache.hadoop.fs.permission.AclEntryScope;
import org.apache.hadoop.fs.permission.AclEntryType;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * Draws the arguments of operations. All of it follows from the seed alone, never from what a server answered, so a seed
 * can be played again on any pair of servers. Names are few: paths must meet.
 */
final class Draw {
  private static final String[] NAMES = {"a", "b", "c", "d"};
  private static final String[] LESS_USUAL = {
    "e f", "ü", "x.y", "-p", "~", "A", ".Trash", "日本", "a+b", "100%", "[g]", "{h}", "*", "\u00e9\u0301", "\ud83d\ude00"
  };
  private static final String[] RESERVED = {".snapshot", ".reserved", ".snapshot/s", ".snapshot1"};
  private static final String[] OWNERS = {"alice", "bob", "carol", "nobody"};
  private static final String[] GROUPS = {"staff", "shared", "other", "supergroup"};
  private static final int RECENT = 10;
  private static final int MADE = 6;

  private final Random random;
  private final List<String> recent = new ArrayList<>();
  private final List<String> directories = new ArrayList<>();
  private final List<String> files = new ArrayList<>();
  private final Map<String, String> makers = new HashMap<>();

  Draw(long seed) {
    this.random = new Random(seed);
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  boolean coin() {
    return random.nextBoolean();
  }

  @SafeVarargs
  final <T> T of(T... choices) {
    return choices[random.nextInt(choices.length)];
  }

  String user() {
    int at = random.nextInt(20);
    return at < 7 ? Side.SUPERUSER : at < 13 ? "alice" : at < 17 ? "bob" : "carol";
  }

  /** One name. */
  String name() {
    int at = random.nextInt(100);
    if (at < 84) {
      return of(NAMES);
    }
    if (at < 98) {
      return of(LESS_USUAL);
    }
    return of(RESERVED);
  }

  /** An absolute path: mostly one that was drawn lately, or just below a directory. */
  String path() {
    int at = random.nextInt(100);
    String path;
    if (at < 2) {
      return "/";
    }
    if (at < 30 && !recent.isEmpty()) {
      path = recent.get(random.nextInt(recent.size()));
    } else if (at < 75 && !directories.isEmpty()) {
      path = below(directories.get(random.nextInt(directories.size())));
    } else {
      path = "";
      int depth = 1 + random.nextInt(3);
      for (int i = 0; i < depth; i++) {
        path = below(path);
      }
    }
    keep(recent, RECENT, path);
    return path;
  }

  /** A path at which a user is about to make a directory. */
  String newDirectory(String user) {
    String path = path();
    keep(directories, MADE, path);
    makers.put(path, user);
    return path;
  }

  /** A path at which a user is about to make a file. */
  String newFile(String user) {
    String path = path();
    keep(files, MADE, path);
    makers.put(path, user);
    return path;
  }

  /** A path at which something was made, if that went well and nothing came since; now and then any other. */
  String oldPath() {
    return coin() ? oldFile() : directories.isEmpty() || oneIn(6) ? path() : directories.get(random.nextInt(directories.size()));
  }

  /** The same, mostly of a file. */
  String oldFile() {
    return files.isEmpty() || oneIn(6) ? path() : files.get(random.nextInt(files.size()));
  }

  /** Mostly the user who made what is at a path: others may do little with it. */
  String userOf(String path) {
    String maker = makers.get(path);
    return maker == null || oneIn(3) ? user() : maker;
  }

  /** A path near the root: likely to be a directory. */
  String shallow() {
    if (oneIn(20)) {
      return "/";
    }
    String path = "/" + of(NAMES);
    return oneIn(3) ? path + "/" + of(NAMES) : path;
  }

  private String below(String path) {
    return (path.equals("/") ? "" : path) + "/" + name();
  }

  private void keep(List<String> list, int most, String path) {
    if (path.length() > 200) {
      return;
    }
    if (list.size() < most) {
      list.add(path);
    } else {
      list.set(random.nextInt(most), path);
    }
  }

  /** What no well-behaved client sends; only for calls of the protocol itself. */
  String oddPath() {
    return switch (random.nextInt(16)) {
      case 0 -> "";
      case 1 -> "a/b";
      case 2 -> "//";
      case 3 -> "/a//b";
      case 4 -> "/a/";
      case 5 -> "/a/./b";
      case 6 -> "/a/../b";
      case 7 -> "/a:b";
      case 8 -> "/a/" + "n".repeat(255 + random.nextInt(2));
      case 9 -> "/a/" + "ü".repeat(127 + random.nextInt(2));
      case 10 -> "/" + "d/".repeat(998 + random.nextInt(3)) + "e";
      case 11 -> ("/" + "p".repeat(199)).repeat(40) + (coin() ? "" : "/");
      case 12 -> "/.reserved/" + of("raw", "x", ".inodes", ".inodes/1", ".inodes/x", "raw/a", "raw/a/b", "raw/.reserved");
      case 13 -> "/a/.snapshot" + of("", "/s", "/s/t");
      case 14 -> "/a\u0000b";
      default -> "/a/\tb\n";
    };
  }

  FsPermission permission() {
    int mode =
        switch (random.nextInt(16)) {
          case 0, 1, 2, 3 -> 0777;
          case 4, 5 -> 0755;
          case 6 -> 0700;
          case 7 -> 0750;
          case 8, 9 -> 01777;
          case 10 -> 0000;
          case 11 -> 0070;
          case 12 -> 0007;
          case 13 -> 0770;
          default -> random.nextInt(01000);
        };
    return new FsPermission((short) mode);
  }

  /** A small time, so that it cannot be taken for the present. -1 leaves a time as it is. */
  long time() {
    return oneIn(4) ? -1 : random.nextInt(1_000_000);
  }

  String owner() {
    return of(OWNERS);
  }

  String group() {
    return of(GROUPS);
  }

  FsAction action() {
    return FsAction.values()[random.nextInt(8)];
  }

  <E extends Enum<E>> EnumSet<E> some(Class<E> type) {
    EnumSet<E> out = EnumSet.noneOf(type);
    for (E value : type.getEnumConstants()) {
      if (coin()) {
        out.add(value);
      }
    }
    return out;
  }

  /** A list of ACL entries, now and then one that makes no sense. */
  List<AclEntry> acl(boolean withPermissions) {
    List<AclEntry> out = new ArrayList<>();
    int count = oneIn(30) ? 34 : 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      AclEntryType type = of(AclEntryType.USER, AclEntryType.USER, AclEntryType.GROUP, AclEntryType.MASK, AclEntryType.OTHER);
      boolean mayHaveName = type == AclEntryType.USER || type == AclEntryType.GROUP;
      String name = null;
      if (count > 3) {
        type = AclEntryType.USER;
        name = "user" + i;
      } else if (mayHaveName ? !oneIn(3) : oneIn(40)) {
        name = type == AclEntryType.USER ? owner() : group();
      }
      out.add(entry(oneIn(3) ? AclEntryScope.DEFAULT : AclEntryScope.ACCESS, type, name, withPermissions ? action() : null));
    }
    return out;
  }

  /** The same, mostly with the entries without name that setAcl wants. */
  List<AclEntry> wholeAcl() {
    List<AclEntry> out = acl(true);
    if (!oneIn(5)) {
      AclEntryScope scope = oneIn(4) ? AclEntryScope.DEFAULT : AclEntryScope.ACCESS;
      AclEntryType[] needed = {AclEntryType.USER, AclEntryType.GROUP, AclEntryType.OTHER};
      for (AclEntryType type : needed) {
        out.removeIf(e -> e.getScope() == scope && e.getType() == type && e.getName() == null);
        out.add(entry(scope, type, null, type == AclEntryType.USER ? FsAction.ALL : action()));
      }
    }
    return out;
  }

  private static AclEntry entry(AclEntryScope scope, AclEntryType type, String name, FsAction permission) {
    return new AclEntry.Builder().setScope(scope).setType(type).setName(name).setPermission(permission).build();
  }

  String attribute() {
    return oneIn(8) ? of("trusted.a", "security.b", "system.c", "raw.d", "user.") : "user." + of("a", "b", "c", "Ü");
  }

  byte[] value() {
    int length = oneIn(25) ? 16384 - random.nextInt(8) : random.nextInt(5);
    byte[] out = new byte[length];
    random.nextBytes(out);
    return out;
  }
}
