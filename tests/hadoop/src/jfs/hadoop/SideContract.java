package jfs.hadoop;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.contract.AbstractFSContract;

/** The side under test as Hadoop's contract suites want to see it; which one it is stands in three system properties. */
public final class SideContract extends AbstractFSContract {
  static final String SCHEME = "jfs.side.scheme";
  static final String SERVICE = "jfs.side.service";
  static final String ADDRESSES = "jfs.side.addresses";

  /** The suites merge their own settings with these. */
  static Configuration configuration(String scheme) {
    Configuration conf = Binding.configuration(scheme, System.getProperty(SERVICE), System.getProperty(ADDRESSES));
    // Writers give up at once where no DataNode is, instead of asking for another one for minutes.
    conf.setInt("dfs.client.block.write.retries", 0);
    return conf;
  }

  static Configuration configuration() {
    return configuration(System.getProperty(SCHEME));
  }

  static URI root() {
    return URI.create(System.getProperty(SCHEME) + "://" + System.getProperty(SERVICE) + "/");
  }

  SideContract(Configuration conf) {
    super(conf);
    conf.addResource(configuration());
    addConfResource("contract/side.xml");
  }

  @Override
  public FileSystem getTestFileSystem() throws IOException {
    return FileSystem.get(root(), getConf());
  }

  @Override
  public String getScheme() {
    return System.getProperty(SCHEME);
  }

  @Override
  public Path getTestPath() {
    return new Path("/test");
  }
}
