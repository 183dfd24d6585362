package jfs.hadoop;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.protocol.HdfsConstants.SafeModeAction;

/** The public FileSystem interface: making, finding, moving and removing files and directories. */
final class FileOperations {
  private static final long BLOCK = 1 << 20;

  void addTo(Operations to) {
    writing(to);
    moving(to);
    reading(to);
  }

  private void writing(Operations to) {
    to.add("mkdirs", 90, (name, draw) -> {
      String user = draw.user();
      String path = draw.newDirectory(user);
      FsPermission mode = draw.oneIn(3) ? draw.permission() : FsPermission.getDirDefault();
      return new Operation(name, user, path + ", " + mode, (side, fs) -> fs.mkdirs(new Path(path), mode));
    });
    to.add("mkdir", 20, (name, draw) -> {
      String user = draw.user();
      String path = draw.newDirectory(user);
      FsPermission mode = draw.permission();
      return new Operation(name, user, path + ", " + mode, (side, fs) -> fs.mkdir(new Path(path), mode));
    });
    to.add("create", 130, (name, draw) -> {
      String user = draw.user();
      String path = draw.newFile(user);
      boolean overwrite = draw.coin();
      FsPermission mode = draw.oneIn(3) ? draw.permission() : FsPermission.getFileDefault();
      short replication = draw.oneIn(12) ? draw.of((short) 0, (short) -1, (short) 513, (short) 512) : (short) (1 + draw.below(3));
      long block = draw.oneIn(15) ? draw.of(512L, BLOCK - 512) : BLOCK * (1 + draw.below(3));
      // A number from 0 on: the file is left open under it.
      int number = draw.oneIn(3) ? draw.below(6) : -1;
      String arguments = path + ", " + mode + ", overwrite " + overwrite + ", replication " + replication + ", block " + block
          + (number < 0 ? ", closed" : ", left open as " + number);
      return new Operation(name, user, arguments, (side, fs) ->
          finish(side, number, fs.create(new Path(path), mode, overwrite, 4096, replication, block, null)));
    });
    to.add("createNonRecursive", 20, (name, draw) -> {
      String user = draw.user();
      String path = draw.newFile(user);
      EnumSet<CreateFlag> flags = draw.oneIn(4)
          ? EnumSet.of(CreateFlag.CREATE, CreateFlag.APPEND)
          : draw.coin() ? EnumSet.of(CreateFlag.CREATE, CreateFlag.OVERWRITE) : EnumSet.of(CreateFlag.CREATE);
      return new Operation(name, user, path + ", " + flags, (side, fs) ->
          finish(side, -1, fs.createNonRecursive(new Path(path), FsPermission.getFileDefault(), flags, 4096, (short) 1, BLOCK, null)));
    });
    to.add("close", 25, (name, draw) -> {
      int number = draw.below(6);
      return new Operation(name, Side.SUPERUSER, "stream " + number, (side, fs) -> side.close(number));
    });
    to.add("append", 40, (name, draw) -> {
      String path = draw.oldFile();
      String user = draw.userOf(path);
      boolean newBlock = draw.oneIn(4);
      int number = draw.oneIn(3) ? draw.below(6) : -1;
      EnumSet<CreateFlag> flags = newBlock ? EnumSet.of(CreateFlag.APPEND, CreateFlag.NEW_BLOCK) : EnumSet.of(CreateFlag.APPEND);
      return new Operation(name, user, path + ", " + flags + (number < 0 ? "" : ", left open as " + number), (side, fs) ->
          finish(side, number, fs.append(new Path(path), flags, 4096, null)));
    });
    to.add("truncate", 25, (name, draw) -> {
      String path = draw.oldFile();
      String user = draw.userOf(path);
      long length = draw.oneIn(4) ? draw.of(1L, -1L) : 0;
      return new Operation(name, user, path + ", " + length, (side, fs) -> fs.truncate(new Path(path), length));
    });
    to.add("concat", 8, (name, draw) -> {
      String target = draw.oldFile();
      String user = draw.userOf(target);
      List<Path> sources = new ArrayList<>();
      StringBuilder text = new StringBuilder(target);
      int count = draw.below(3);
      for (int i = 0; i < count; i++) {
        String source = draw.oldFile();
        sources.add(new Path(source));
        text.append(", ").append(source);
      }
      return new Operation(name, user, text.toString(), (side, fs) -> {
        fs.concat(new Path(target), sources.toArray(new Path[0]));
        return null;
      });
    });
    to.add("recoverLease", 12, (name, draw) -> {
      String path = draw.oldFile();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> fs.recoverLease(new Path(path)));
    });
  }

  private static Object finish(Side side, int number, FSDataOutputStream stream) throws Exception {
    if (number >= 0) {
      side.keepOpen(number, stream);
      return "open";
    }
    stream.close();
    return "closed";
  }

  private void moving(Operations to) {
    to.add("delete", 35, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      boolean recursive = !draw.oneIn(3);
      return new Operation(name, user, path + ", recursive " + recursive, (side, fs) -> fs.delete(new Path(path), recursive));
    });
    to.add("rename", 60, (name, draw) -> {
      String from = draw.oldPath();
      String user = draw.userOf(from);
      String target = draw.path();
      return new Operation(name, user, from + ", " + target, (side, fs) -> fs.rename(new Path(from), new Path(target)));
    });
    to.add("rename2", 70, (name, draw) -> {
      String from = draw.oldPath();
      String user = draw.userOf(from);
      String target = draw.path();
      EnumSet<Rename> options = EnumSet.noneOf(Rename.class);
      if (draw.coin()) {
        options.add(Rename.OVERWRITE);
      }
      if (draw.oneIn(4)) {
        options.add(Rename.TO_TRASH);
      }
      return new Operation(name, user, from + ", " + target + ", " + options, (side, fs) -> {
        fs.rename(new Path(from), new Path(target), options.toArray(new Rename[0]));
        return null;
      });
    });
    to.add("createSymlink", 2, (name, draw) -> {
      String target = draw.oldPath();
      String user = draw.userOf(target);
      String link = draw.oldPath();
      return new Operation(name, user, target + ", " + link, (side, fs) -> {
        fs.createSymlink(new Path(target), new Path(link), false);
        return null;
      });
    });
  }

  private void reading(Operations to) {
    to.add("getFileStatus", 20, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> fs.getFileStatus(new Path(path)));
    });
    to.add("getFileLinkStatus", 4, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> fs.getFileLinkStatus(new Path(path)));
    });
    to.add("listStatus", 20, (name, draw) -> {
      String user = draw.user();
      String path = draw.coin() ? draw.oldPath() : draw.shallow();
      return new Operation(name, user, path, (side, fs) -> fs.listStatus(new Path(path)));
    });
    to.add("listStatusIterator", 6, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> {
        List<FileStatus> out = new ArrayList<>();
        for (RemoteIterator<FileStatus> i = fs.listStatusIterator(new Path(path)); i.hasNext(); ) {
          out.add(i.next());
        }
        return out;
      });
    });
    to.add("listFiles", 6, (name, draw) -> {
      String user = draw.user();
      String path = draw.shallow();
      return new Operation(name, user, path, (side, fs) -> {
        List<FileStatus> out = new ArrayList<>();
        for (RemoteIterator<LocatedFileStatus> i = fs.listFiles(new Path(path), true); i.hasNext(); ) {
          out.add(i.next());
        }
        return out;
      });
    });
    to.add("globStatus", 12, (name, draw) -> {
      String user = draw.user();
      String pattern = draw.of("/*", "/*/*", "/{a,b}/*", "/[a-c]/?", "/a*/b*", "/*/.*", "/\\*", "/[^a]/*/*") + (draw.oneIn(4) ? draw.oldPath() : "");
      return new Operation(name, user, pattern, (side, fs) -> fs.globStatus(new Path(pattern)));
    });
    to.add("exists", 4, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> fs.exists(new Path(path)));
    });
    to.add("isFileClosed", 8, (name, draw) -> {
      String path = draw.oldFile();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> fs.isFileClosed(new Path(path)));
    });
    to.add("open", 8, (name, draw) -> {
      String path = draw.oldFile();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> {
        try (var in = fs.open(new Path(path))) {
          return in.read();
        }
      });
    });
    to.add("getFileChecksum", 4, (name, draw) -> {
      String path = draw.oldFile();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> fs.getFileChecksum(new Path(path)));
    });
    to.add("getLinkTarget", 2, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> fs.getLinkTarget(new Path(path)));
    });
    to.add("getEnclosingRoot", 2, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> fs.getEnclosingRoot(new Path(path)));
    });
    to.add("getStatus", 1, (name, draw) -> new Operation(name, draw.user(), "", (side, fs) -> fs.getStatus()));
    to.add("msync", 1, (name, draw) -> new Operation(name, draw.user(), "", (side, fs) -> {
      fs.msync();
      return null;
    }));
    to.add("isInSafeMode", 1, (name, draw) -> new Operation(name, draw.user(), "", (side, fs) ->
        fs.getClient().setSafeMode(SafeModeAction.SAFEMODE_GET, false)));
    to.add("getServerDefaults", 1, (name, draw) -> new Operation(name, draw.user(), "", (side, fs) -> {
      var defaults = fs.getServerDefaults(new Path("/"));
      return defaults.getBlockSize() + " " + defaults.getBytesPerChecksum() + " " + defaults.getWritePacketSize() + " "
          + defaults.getReplication() + " " + defaults.getFileBufferSize() + " " + defaults.getEncryptDataTransfer() + " "
          + defaults.getTrashInterval() + " " + defaults.getChecksumType() + " '" + defaults.getKeyProviderUri() + "' "
          + defaults.getDefaultStoragePolicyId() + " " + defaults.getSnapshotTrashRootEnabled();
    }));
  }
}
