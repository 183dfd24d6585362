package jfs.hadoop;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.apache.hadoop.crypto.CryptoProtocolVersion;
import org.apache.hadoop.fs.BatchedRemoteIterator.BatchedEntries;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.protocol.DirectoryListing;
import org.apache.hadoop.hdfs.protocol.ExtendedBlock;
import org.apache.hadoop.hdfs.protocol.HdfsFileStatus;
import org.apache.hadoop.hdfs.protocol.HdfsLocatedFileStatus;
import org.apache.hadoop.hdfs.protocol.HdfsPartialListing;
import org.apache.hadoop.hdfs.protocol.OpenFileEntry;
import org.apache.hadoop.hdfs.protocol.OpenFilesIterator.OpenFilesType;
import org.apache.hadoop.io.EnumSetWritable;

/** ClientProtocol itself: calls as only a strange client makes them, or that no public interface makes alone. */
final class ProtocolOperations {
  private static final long BLOCK = 1 << 20;

  void addTo(Operations to) {
    writers(to);
    oddPaths(to);
    reading(to);
  }

  /** A path of which the protocol is told the inode id, a wrong id, or none. */
  private record Target(String path, int which) {
    static Target draw(Draw draw) {
      return new Target(draw.oldFile(), draw.below(4));
    }

    long id(Side side) throws Exception {
      return switch (which) {
        case 0 -> 0;
        case 1 -> 1_000_000_000_000L;
        default -> side.inodeId(path);
      };
    }

    @Override
    public String toString() {
      return path + switch (which) {
        case 0 -> " without id";
        case 1 -> " with the id of nothing";
        default -> " with its id";
      };
    }
  }

  private void writers(Operations to) {
    to.add("rpc.create", 20, (name, draw) -> {
      String user = draw.user();
      String path = draw.path();
      EnumSet<CreateFlag> flags = draw.some(CreateFlag.class);
      // These three change where and how blocks are kept, which is not compared.
      flags.removeAll(EnumSet.of(CreateFlag.LAZY_PERSIST, CreateFlag.SHOULD_REPLICATE, CreateFlag.NO_LOCAL_WRITE));
      boolean createParent = draw.coin();
      String holder = draw.user();
      return new Operation(name, user, path + ", " + flags + ", createParent " + createParent + ", as client of " + holder,
          (side, fs) -> side.protocol(user).create(path, FsPermission.getFileDefault(), side.clientName(holder),
              new EnumSetWritable<>(flags, CreateFlag.class), createParent, (short) 1, BLOCK,
              CryptoProtocolVersion.supported(), null, null));
    });
    to.add("rpc.append", 8, (name, draw) -> {
      String path = draw.oldFile();
      String user = draw.userOf(path);
      String holder = draw.user();
      return new Operation(name, user, path + ", as client of " + holder, (side, fs) -> {
        var last = side.protocol(user).append(path, side.clientName(holder), new EnumSetWritable<>(EnumSet.of(CreateFlag.APPEND)));
        return (last.getLastBlock() == null ? "no block, " : "a block, ") + Outcome.text(last.getFileStatus());
      });
    });
    to.add("rpc.complete", 14, (name, draw) -> {
      Target target = Target.draw(draw);
      String user = draw.userOf(target.path());
      String holder = draw.coin() ? user : draw.user();
      return new Operation(name, user, target + ", as client of " + holder, (side, fs) ->
          side.protocol(user).complete(target.path(), side.clientName(holder), null, target.id(side)));
    });
    to.add("rpc.fsync", 8, (name, draw) -> {
      Target target = Target.draw(draw);
      String user = draw.userOf(target.path());
      String holder = draw.coin() ? user : draw.user();
      return new Operation(name, user, target + ", as client of " + holder, (side, fs) -> {
        side.protocol(user).fsync(target.path(), target.id(side), side.clientName(holder), -1);
        return null;
      });
    });
    to.add("rpc.addBlock", 8, (name, draw) -> {
      Target target = Target.draw(draw);
      String user = draw.userOf(target.path());
      String holder = draw.coin() ? user : draw.user();
      return new Operation(name, user, target + ", as client of " + holder, (side, fs) ->
          side.protocol(user).addBlock(target.path(), side.clientName(holder), null, null, target.id(side), null, null));
    });
    to.add("rpc.abandonBlock", 5, (name, draw) -> {
      Target target = Target.draw(draw);
      String user = draw.userOf(target.path());
      String holder = draw.coin() ? user : draw.user();
      ExtendedBlock block = new ExtendedBlock("BP-1-127.0.0.1-1", 1073741825L, 0, 1001);
      return new Operation(name, user, target + ", as client of " + holder, (side, fs) -> {
        side.protocol(user).abandonBlock(block, target.id(side), target.path(), side.clientName(holder));
        return null;
      });
    });
    to.add("rpc.recoverLease", 6, (name, draw) -> {
      String path = draw.oldFile();
      String user = draw.userOf(path);
      String holder = draw.user();
      return new Operation(name, user, path + ", as client of " + holder, (side, fs) ->
          side.protocol(user).recoverLease(path, side.clientName(holder)));
    });
    to.add("rpc.renewLease", 2, (name, draw) -> {
      String user = draw.user();
      return new Operation(name, user, "", (side, fs) -> {
        side.protocol(user).renewLease(side.clientName(user), null);
        return null;
      });
    });
  }

  private void oddPaths(Operations to) {
    to.add("odd.mkdirs", 10, (name, draw) -> {
      String user = draw.user();
      String path = draw.oddPath();
      boolean createParent = draw.coin();
      return new Operation(name, user, shown(path) + ", createParent " + createParent, (side, fs) ->
          side.protocol(user).mkdirs(path, FsPermission.getDirDefault(), createParent));
    });
    to.add("odd.create", 8, (name, draw) -> {
      String user = draw.user();
      String path = draw.oddPath();
      return new Operation(name, user, shown(path), (side, fs) -> side.protocol(user).create(path,
          FsPermission.getFileDefault(), side.clientName(user), new EnumSetWritable<>(EnumSet.of(CreateFlag.CREATE)), true,
          (short) 1, BLOCK, CryptoProtocolVersion.supported(), null, null));
    });
    to.add("odd.getFileInfo", 8, (name, draw) -> {
      String user = draw.user();
      String path = draw.oddPath();
      return new Operation(name, user, shown(path), (side, fs) -> side.protocol(user).getFileInfo(path));
    });
    to.add("odd.getListing", 6, (name, draw) -> {
      String user = draw.user();
      String path = draw.oddPath();
      return new Operation(name, user, shown(path), (side, fs) ->
          page(side.protocol(user).getListing(path, HdfsFileStatus.EMPTY_NAME, false)));
    });
    to.add("odd.delete", 5, (name, draw) -> {
      String user = draw.user();
      String path = draw.oddPath();
      return new Operation(name, user, shown(path), (side, fs) -> side.protocol(user).delete(path, false));
    });
    to.add("odd.rename", 8, (name, draw) -> {
      String user = draw.user();
      boolean oddSource = draw.coin();
      String from = oddSource ? draw.oddPath() : draw.path();
      String target = oddSource ? draw.path() : draw.oddPath();
      return new Operation(name, user, shown(from) + ", " + shown(target), (side, fs) -> renameOld(side, user, from, target));
    });
    to.add("odd.rename2", 6, (name, draw) -> {
      String user = draw.user();
      boolean oddSource = draw.coin();
      String from = oddSource ? draw.oddPath() : draw.path();
      String target = oddSource ? draw.path() : draw.oddPath();
      return new Operation(name, user, shown(from) + ", " + shown(target), (side, fs) -> {
        side.protocol(user).rename2(from, target);
        return null;
      });
    });
    to.add("odd.setPermission", 4, (name, draw) -> {
      String user = draw.user();
      String path = draw.oddPath();
      return new Operation(name, user, shown(path), (side, fs) -> {
        side.protocol(user).setPermission(path, FsPermission.getDirDefault());
        return null;
      });
    });
    to.add("odd.getContentSummary", 3, (name, draw) -> {
      String user = draw.user();
      String path = draw.oddPath();
      return new Operation(name, user, shown(path), (side, fs) -> side.protocol(user).getContentSummary(path));
    });
  }

  @SuppressWarnings("deprecation")
  private static Object renameOld(Side side, String user, String from, String target) throws Exception {
    return side.protocol(user).rename(from, target);
  }

  private void reading(Operations to) {
    to.add("rpc.getListing", 12, (name, draw) -> {
      String user = draw.user();
      String path = draw.coin() ? draw.oldPath() : draw.shallow();
      String startAfter = draw.coin() ? draw.of("a", "b", "bb", "~", "-p") : "";
      boolean locations = draw.coin();
      return new Operation(name, user, path + ", after '" + startAfter + "', locations " + locations, (side, fs) ->
          page(side.protocol(user).getListing(path, startAfter.getBytes(StandardCharsets.UTF_8), locations)));
    });
    to.add("rpc.getBatchedListing", 3, (name, draw) -> {
      String user = draw.user();
      String[] paths = {draw.oldPath(), draw.oldPath(), draw.shallow()};
      return new Operation(name, user, String.join(", ", paths), (side, fs) -> {
        List<String> out = new ArrayList<>();
        for (HdfsPartialListing part : side.protocol(user).getBatchedListing(paths, HdfsFileStatus.EMPTY_NAME, false).getListings()) {
          if (part.getException() != null) {
            out.add(part.getParentIdx() + " " + Outcome.text(part.getException()));
            continue;
          }
          out.add(part.getParentIdx() + " " + page(part.getPartialListing()));
        }
        return out;
      });
    });
    to.add("rpc.getBlockLocations", 8, (name, draw) -> {
      String path = draw.oldFile();
      String user = draw.userOf(path);
      long offset = draw.oneIn(5) ? -1 : draw.below(10);
      long length = draw.oneIn(5) ? -1 : draw.below(10);
      return new Operation(name, user, path + ", " + offset + ", " + length, (side, fs) ->
          side.protocol(user).getBlockLocations(path, offset, length));
    });
    to.add("rpc.getPreferredBlockSize", 3, (name, draw) -> {
      String path = draw.oldFile();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> side.protocol(user).getPreferredBlockSize(path));
    });
    to.add("rpc.getLocatedFileInfo", 3, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> side.protocol(user).getLocatedFileInfo(path, false));
    });
    to.add("rpc.getLinkTarget", 2, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> side.protocol(user).getLinkTarget(path));
    });
    to.add("rpc.listOpenFiles", 4, (name, draw) -> {
      String user = draw.oneIn(4) ? draw.user() : Side.SUPERUSER;
      String path = draw.oneIn(3) ? draw.oldPath() : "/";
      return new Operation(name, user, path, (side, fs) -> openFiles(side, user, path));
    });
    to.add("byInodeId", 10, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      String rest = draw.oneIn(3) ? "/" + draw.name() : "";
      int call = draw.below(4);
      return new Operation(name, user, path + " by its id, then '" + rest + "', call " + call, (side, fs) -> {
        String byId = "/.reserved/.inodes/" + side.inodeId(path) + rest;
        return switch (call) {
          case 0 -> side.protocol(user).mkdirs(byId, FsPermission.getDirDefault(), true);
          case 1 -> side.protocol(user).delete(byId, false);
          case 2 -> page(side.protocol(user).getListing(byId, HdfsFileStatus.EMPTY_NAME, false));
          default -> side.protocol(user).getFileInfo(byId);
        };
      });
    });
  }

  /** The first page of the open files below a path, with their writers. */
  static Object openFiles(Side side, String user, String path) throws Exception {
    BatchedEntries<OpenFileEntry> batch =
        side.protocol(user).listOpenFiles(0, EnumSet.of(OpenFilesType.ALL_OPEN_FILES), path);
    List<String> out = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      out.add(batch.get(i).getFilePath() + " by " + batch.get(i).getClientName() + " at " + batch.get(i).getClientMachine());
    }
    return out;
  }

  /**
   * A page of a listing. What lies beyond ASCII is left out: it comes in another order on the judge (see {@link Outcome}),
   * so it is on another side of where a page begins.
   */
  private static Object page(DirectoryListing listing) {
    return listing == null ? null : page(List.of(listing.getPartialListing())) + (listing.hasMore() ? " and more" : "");
  }

  private static String page(List<HdfsFileStatus> entries) {
    List<String> out = new ArrayList<>();
    for (HdfsFileStatus status : entries) {
      if (Outcome.isAscii(status.getLocalName())) {
        boolean located = status instanceof HdfsLocatedFileStatus;
        out.add("'" + status.getLocalName() + "' " + Outcome.text(status) + (located ? " located" : ""));
      }
    }
    return out.toString();
  }

  /** Long and unprintable names, for the reader. */
  private static String shown(String path) {
    String text = path.replace("\n", "\\n").replace("\t", "\\t").replace("\0", "\\0");
    return text.length() <= 100 ? "'" + text + "'" : "'" + text.substring(0, 60) + "…' (" + path.length() + " characters)";
  }
}
