package jfs.hadoop;

import java.util.EnumSet;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.XAttrSetFlag;
import org.apache.hadoop.fs.permission.AclEntry;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;

/** The public interface again: modes, owners, times, quotas, ACLs and extended attributes. */
final class AttributeOperations {
  void addTo(Operations to) {
    modes(to);
    quotas(to);
    acls(to);
    extended(to);
  }

  private void modes(Operations to) {
    to.add("setPermission", 35, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      FsPermission mode = draw.permission();
      return new Operation(name, user, path + ", " + mode, (side, fs) -> {
        fs.setPermission(new Path(path), mode);
        return null;
      });
    });
    to.add("setOwner", 30, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      String owner = draw.coin() ? draw.owner() : null;
      String group = owner == null || draw.oneIn(3) ? draw.group() : null;
      return new Operation(name, user, path + ", " + owner + ":" + group, (side, fs) -> {
        fs.setOwner(new Path(path), owner, group);
        return null;
      });
    });
    to.add("setTimes", 20, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      long modified = draw.time();
      long accessed = draw.time();
      return new Operation(name, user, path + ", " + modified + ", " + accessed, (side, fs) -> {
        fs.setTimes(new Path(path), modified, accessed);
        return null;
      });
    });
    to.add("setReplication", 15, (name, draw) -> {
      String path = draw.oldFile();
      String user = draw.userOf(path);
      short replication = draw.oneIn(5) ? draw.of((short) 0, (short) -1, (short) 513) : (short) (1 + draw.below(4));
      return new Operation(name, user, path + ", " + replication, (side, fs) -> fs.setReplication(new Path(path), replication));
    });
    to.add("access", 25, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      FsAction action = draw.action();
      return new Operation(name, user, path + ", " + action, (side, fs) -> {
        fs.access(new Path(path), action);
        return null;
      });
    });
  }

  private void quotas(Operations to) {
    to.add("setQuota", 16, (name, draw) -> {
      String user = draw.oneIn(8) ? draw.user() : Side.SUPERUSER;
      String path = draw.oneIn(3) ? draw.oldPath() : draw.shallow();
      long names = draw.oneIn(3) ? draw.of(HdfsConstants.QUOTA_RESET, HdfsConstants.QUOTA_RESET, HdfsConstants.QUOTA_DONT_SET, 0L) : 1 + draw.below(16);
      long space = draw.oneIn(3) ? draw.of(HdfsConstants.QUOTA_RESET, 1L, 1L << 20, 0L) : HdfsConstants.QUOTA_DONT_SET;
      return new Operation(name, user, path + ", " + names + ", " + space, (side, fs) -> {
        fs.setQuota(new Path(path), names, space);
        return null;
      });
    });
    to.add("getContentSummary", 20, (name, draw) -> {
      String user = draw.user();
      String path = draw.coin() ? draw.oldPath() : draw.shallow();
      return new Operation(name, user, path, (side, fs) -> fs.getContentSummary(new Path(path)));
    });
    to.add("getQuotaUsage", 12, (name, draw) -> {
      String user = draw.user();
      String path = draw.coin() ? draw.oldPath() : draw.shallow();
      return new Operation(name, user, path, (side, fs) -> fs.getQuotaUsage(new Path(path)));
    });
  }

  private void acls(Operations to) {
    to.add("modifyAclEntries", 30, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      List<AclEntry> entries = draw.acl(true);
      return new Operation(name, user, path + ", " + entries, (side, fs) -> {
        fs.modifyAclEntries(new Path(path), entries);
        return null;
      });
    });
    to.add("setAcl", 30, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      List<AclEntry> entries = draw.wholeAcl();
      return new Operation(name, user, path + ", " + entries, (side, fs) -> {
        fs.setAcl(new Path(path), entries);
        return null;
      });
    });
    to.add("removeAclEntries", 12, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      List<AclEntry> entries = draw.acl(false);
      return new Operation(name, user, path + ", " + entries, (side, fs) -> {
        fs.removeAclEntries(new Path(path), entries);
        return null;
      });
    });
    to.add("removeDefaultAcl", 6, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> {
        fs.removeDefaultAcl(new Path(path));
        return null;
      });
    });
    to.add("removeAcl", 6, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> {
        fs.removeAcl(new Path(path));
        return null;
      });
    });
    to.add("getAclStatus", 15, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> fs.getAclStatus(new Path(path)));
    });
  }

  private void extended(Operations to) {
    to.add("setXAttr", 30, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      String attribute = draw.attribute();
      byte[] value = draw.value();
      EnumSet<XAttrSetFlag> flags = draw.coin() ? EnumSet.allOf(XAttrSetFlag.class) : draw.some(XAttrSetFlag.class);
      String arguments = path + ", " + attribute + ", " + Outcome.text(value) + ", " + flags;
      return new Operation(name, user, arguments, (side, fs) -> {
        fs.setXAttr(new Path(path), attribute, value, flags);
        return null;
      });
    });
    to.add("getXAttr", 12, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      String attribute = draw.attribute();
      return new Operation(name, user, path + ", " + attribute, (side, fs) -> fs.getXAttr(new Path(path), attribute));
    });
    to.add("getXAttrs", 8, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> fs.getXAttrs(new Path(path)));
    });
    to.add("getXAttrsByName", 6, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      List<String> attributes = List.of(draw.attribute(), draw.attribute());
      return new Operation(name, user, path + ", " + attributes, (side, fs) -> fs.getXAttrs(new Path(path), attributes));
    });
    to.add("listXAttrs", 8, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      return new Operation(name, user, path, (side, fs) -> fs.listXAttrs(new Path(path)).stream().sorted().toList());
    });
    to.add("removeXAttr", 14, (name, draw) -> {
      String path = draw.oldPath();
      String user = draw.userOf(path);
      String attribute = draw.attribute();
      return new Operation(name, user, path + ", " + attribute, (side, fs) -> {
        fs.removeXAttr(new Path(path), attribute);
        return null;
      });
    });
  }
}
