package jfs.hadoop;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSMainOperationsBaseTest;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileContextCreateMkdirBaseTest;
import org.apache.hadoop.fs.FileContextMainOperationsBaseTest;
import org.apache.hadoop.fs.FileContextPermissionBase;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileSystemContractBaseTest;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.contract.AbstractContractAppendTest;
import org.apache.hadoop.fs.contract.AbstractContractBulkDeleteTest;
import org.apache.hadoop.fs.contract.AbstractContractConcatTest;
import org.apache.hadoop.fs.contract.AbstractContractContentSummaryTest;
import org.apache.hadoop.fs.contract.AbstractContractCopyFromLocalTest;
import org.apache.hadoop.fs.contract.AbstractContractCreateTest;
import org.apache.hadoop.fs.contract.AbstractContractDeleteTest;
import org.apache.hadoop.fs.contract.AbstractContractGetEnclosingRoot;
import org.apache.hadoop.fs.contract.AbstractContractGetFileStatusTest;
import org.apache.hadoop.fs.contract.AbstractContractLeaseRecoveryTest;
import org.apache.hadoop.fs.contract.AbstractContractMkdirTest;
import org.apache.hadoop.fs.contract.AbstractContractMultipartUploaderTest;
import org.apache.hadoop.fs.contract.AbstractContractOpenTest;
import org.apache.hadoop.fs.contract.AbstractContractPathHandleTest;
import org.apache.hadoop.fs.contract.AbstractContractRenameTest;
import org.apache.hadoop.fs.contract.AbstractContractRootDirectoryTest;
import org.apache.hadoop.fs.contract.AbstractContractSafeModeTest;
import org.apache.hadoop.fs.contract.AbstractContractSeekTest;
import org.apache.hadoop.fs.contract.AbstractContractSetTimesTest;
import org.apache.hadoop.fs.contract.AbstractContractStreamIOStatisticsTest;
import org.apache.hadoop.fs.contract.AbstractContractUnbufferTest;
import org.apache.hadoop.fs.contract.AbstractContractVectoredReadTest;
import org.apache.hadoop.fs.contract.AbstractFSContract;
import org.junit.jupiter.api.BeforeEach;

/**
 * Hadoop's own suites, each bound to the side that {@link SideContract} names. A class here only says which suite; what is
 * tested stands in Hadoop's test jar.
 */
public final class ContractSuites {
  private ContractSuites() {}

  /** The classes to run, by the name of the suite. */
  static final Class<?>[] ALL = {
    Append.class,
    BulkDelete.class,
    Concat.class,
    ContentSummary.class,
    CopyFromLocal.class,
    Create.class,
    Delete.class,
    GetEnclosingRoot.class,
    GetFileStatus.class,
    LeaseRecovery.class,
    Mkdir.class,
    MultipartUploader.class,
    Open.class,
    PathHandle.class,
    Rename.class,
    RootDirectory.class,
    SafeMode.class,
    Seek.class,
    SetTimes.class,
    StreamIOStatistics.class,
    Unbuffer.class,
    VectoredRead.class,
    WholeFileSystem.class,
    MainOperations.class,
    ContextMainOperations.class,
    ContextCreateMkdir.class,
    ContextPermission.class
  };

  public static final class Append extends AbstractContractAppendTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class BulkDelete extends AbstractContractBulkDeleteTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class Concat extends AbstractContractConcatTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class ContentSummary extends AbstractContractContentSummaryTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class CopyFromLocal extends AbstractContractCopyFromLocalTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class Create extends AbstractContractCreateTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class Delete extends AbstractContractDeleteTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class GetEnclosingRoot extends AbstractContractGetEnclosingRoot {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class GetFileStatus extends AbstractContractGetFileStatusTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class LeaseRecovery extends AbstractContractLeaseRecoveryTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class Mkdir extends AbstractContractMkdirTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class MultipartUploader extends AbstractContractMultipartUploaderTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }

    @Override
    protected int partSizeInBytes() {
      return 1024;
    }

    @Override
    protected boolean finalizeConsumesUploadIdImmediately() {
      return true;
    }

    @Override
    protected boolean supportsConcurrentUploadsToSamePath() {
      return true;
    }
  }

  public static final class Open extends AbstractContractOpenTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class PathHandle extends AbstractContractPathHandleTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class Rename extends AbstractContractRenameTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class RootDirectory extends AbstractContractRootDirectoryTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class SafeMode extends AbstractContractSafeModeTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class Seek extends AbstractContractSeekTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class SetTimes extends AbstractContractSetTimesTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class StreamIOStatistics extends AbstractContractStreamIOStatisticsTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  public static final class Unbuffer extends AbstractContractUnbufferTest {
    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  /** Once for each kind of buffer. */
  public static final class VectoredRead extends AbstractContractVectoredReadTest {
    public VectoredRead(String bufferType) {
      super(bufferType);
    }

    @Override
    protected AbstractFSContract createContract(Configuration conf) {
      return new SideContract(conf);
    }
  }

  /** The older suite over all of FileSystem. */
  public static final class WholeFileSystem extends FileSystemContractBaseTest {
    @BeforeEach
    public void connect() throws IOException {
      Configuration conf = SideContract.configuration();
      conf.set("fs.permissions.umask-mode", TEST_UMASK);
      fs = FileSystem.get(SideContract.root(), conf);
    }

    @Override
    protected String getDefaultWorkingDirectory() {
      return "/user/" + System.getProperty("user.name");
    }
  }

  /** Another older one. */
  public static final class MainOperations extends FSMainOperationsBaseTest {
    public MainOperations() {
      super("/test-main-operations");
    }

    @Override
    protected FileSystem createFileSystem() throws Exception {
      return FileSystem.get(SideContract.root(), SideContract.configuration());
    }

    @Override
    protected Path getDefaultWorkingDirectory() throws IOException {
      return new Path("/user/" + System.getProperty("user.name")).makeQualified(SideContract.root(), null);
    }
  }

  /** FileContext knows HDFS by its scheme alone, so these go through hdfs:// on both sides. */
  private static FileContext context() throws IOException {
    Configuration conf = SideContract.configuration("hdfs");
    return FileContext.getFileContext(URI.create("hdfs://" + System.getProperty(SideContract.SERVICE) + "/"), conf);
  }

  public static final class ContextMainOperations extends FileContextMainOperationsBaseTest {
    @Override
    @BeforeEach
    public void setUp() throws Exception {
      fc = context();
      super.setUp();
    }

    @Override
    protected Path getDefaultWorkingDirectory() throws IOException {
      return new Path("hdfs://" + System.getProperty(SideContract.SERVICE) + "/user/" + System.getProperty("user.name"));
    }

    @Override
    protected boolean listCorruptedBlocksSupported() {
      return true;
    }
  }

  public static final class ContextCreateMkdir extends FileContextCreateMkdirBaseTest {
    @Override
    @BeforeEach
    public void setUp() throws Exception {
      fc = context();
      super.setUp();
    }
  }

  public static final class ContextPermission extends FileContextPermissionBase {
    @Override
    protected FileContext getFileContext() throws Exception {
      return context();
    }
  }
}
