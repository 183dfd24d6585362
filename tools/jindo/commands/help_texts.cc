#include "tools/jindo/commands/help_texts.h"

#include <utility>

namespace jfs::tools {
namespace {

// Word for word what Hadoop 3.5.0's shell prints, which is part of what scripts and people know of
// it; the words are those of Apache Hadoop (Apache License 2.0). Only blanks at the ends of lines
// are left out.
constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
    {"chgrp", R"(This is equivalent to -chown ... :GROUP ...)"},
    {"chmod", R"(Changes permissions of a file. This works similar to the shell's chmod command
with a few exceptions.

-R           modifies the files recursively. This is the only option currently
             supported.
<MODE>       Mode is the same as mode used for the shell's command. The only
             letters recognized are 'rwxXt', e.g. +t,a+r,g-w,+rwx,o=r.
<OCTALMODE>  Mode specifed in 3 or 4 digits. If 4 digits, the first may be 1 or
             0 to turn the sticky bit on or off, respectively.  Unlike the
             shell command, it is not possible to specify only part of the
             mode, e.g. 754 is same as u=rwx,g=rx,o=r.

If none of 'augo' is specified, 'a' is assumed and unlike the shell command, no
umask is applied.)"},
    {"chown", R"(Changes owner and group of a file. This is similar to the shell's chown command
with a few exceptions.

-R  modifies the files recursively. This is the only option currently
    supported.

If only the owner or group is specified, then only the owner or group is
modified. The owner and group names may only consist of digits, alphabet, and
any of [-+_./@a-zA-Z0-9]. The names are case sensitive.

WARNING: Avoid using '.' to separate user name and group though Linux allows it.
If user names have dots in them and you are using local file system, you might
see surprising results since the shell command 'chown' is used for local files.)"},
    {"concat", R"(Concatenate existing source files into the target file. Target file and source
files should be in the same directory.)"},
    {"count", R"(Count the number of directories, files and bytes under the paths
that match the specified file pattern.  The output columns are:
DIR_COUNT FILE_COUNT CONTENT_SIZE PATHNAME
or, with the -q option:
QUOTA REM_QUOTA SPACE_QUOTA REM_SPACE_QUOTA
      DIR_COUNT FILE_COUNT CONTENT_SIZE PATHNAME
The -h option shows file sizes in human readable format.
The -v option displays a header line.
The -x option excludes snapshots from being calculated.
The -t option displays quota by storage types.
It should be used with -q or -u option, otherwise it will be ignored.
If a comma-separated list of storage types is given after the -t option,
it displays the quota and usage for the specified types.
Otherwise, it displays the quota and usage for all the storage
types that support quota. The list of possible storage types(case insensitive):
ram_disk, ssd, disk, archive and nvdimm.
It can also pass the value '', 'all' or 'ALL' to specify all the storage types.
The -u option shows the quota and
the usage against the quota without the detailed content summary.The -e option
shows the erasure coding policy.The -s option shows snapshot counts.)"},
    {"createSnapshot", R"(Create a snapshot on a directory)"},
    {"deleteSnapshot", R"(Delete a snapshot from a directory)"},
    {"df", R"(Shows the capacity, free and used space of the filesystem. If the filesystem has
multiple partitions, and no path to a particular partition is specified, then
the status of the root partitions will be shown.

-h  Formats the sizes of files in a human-readable fashion rather than a number
    of bytes.)"},
    {"du", R"(Show the amount of space, in bytes, used by the files that match the specified
file pattern. The following flags are optional:

-s  Rather than showing the size of each individual file that matches the
    pattern, shows the total (summary) size.
-h  Formats the sizes of files in a human-readable fashion rather than a number
    of bytes.
-v  option displays a header line.
-x  Excludes snapshots from being counted.

Note that, even without the -s option, this only shows size summaries one level
deep into a directory.

The output is in the form
	size	disk space consumed	name(full path))"},
    {"expunge", R"(Delete files from the trash that are older than the retention threshold)"},
    {"find", R"(Finds all files that match the specified expression and
applies selected actions to them. If no <path> is specified
then defaults to the current working directory. If no
expression is specified then defaults to -print.

The following primary expressions are recognised:
  -name pattern
  -iname pattern
    Evaluates as true if the basename of the file matches the
    pattern using standard file system globbing.
    If -iname is used then the match is case insensitive.

  -print
  -print0
    Always evaluates to true. Causes the current pathname to be
    written to standard output followed by a newline. If the -print0
    expression is used then an ASCII NULL character is appended rather
    than a newline.

The following operators are recognised:
  expression -a expression
  expression -and expression
  expression expression
    Logical AND operator for joining two expressions. Returns
    true if both child expressions return true. Implied by the
    juxtaposition of two expressions and so does not need to be
    explicitly specified. The second expression will not be
    applied if the first fails.)"},
    {"getfacl", R"(Displays the Access Control Lists (ACLs) of files and directories. If a
directory has a default ACL, then getfacl also displays the default ACL.

-R      List the ACLs of all files and directories recursively.
<path>  File or directory to list.)"},
    {"getfattr", R"(Displays the extended attribute names and values (if any) for a file or
directory.

-R             Recursively list the attributes for all files and directories.
-n name        Dump the named extended attribute value.
-d             Dump all extended attribute values associated with pathname.
-e <encoding>  Encode values after retrieving them.Valid encodings are "text",
               "hex", and "base64". Values encoded as text strings are enclosed
               in double quotes ("), and values encoded as hexadecimal and
               base64 are prefixed with 0x and 0s, respectively.
<path>         The file or directory.)"},
    {"help", R"(Displays help for given command or all commands if none is specified.)"},
    {"ls", R"(List the contents that match the specified file pattern. If path is not
specified, the contents of /user/<currentUser> will be listed. For a directory a
list of its direct children is returned (unless -d option is specified).

Directory entries are of the form:
	permissions - userId groupId sizeOfDirectory(in bytes)
modificationDate(yyyy-MM-dd HH:mm) directoryName

and file entries are of the form:
	permissions numberOfReplicas userId groupId sizeOfFile(in bytes)
modificationDate(yyyy-MM-dd HH:mm) fileName

  -C  Display the paths of files and directories only.
  -d  Directories are listed as plain files.
  -h  Formats the sizes of files in a human-readable fashion
      rather than a number of bytes.
  -q  Print ? instead of non-printable characters.
  -R  Recursively list the contents of directories.
  -t  Sort files by modification time (most recent first).
  -S  Sort files by size.
  -r  Reverse the order of the sort.
  -u  Use time of last access instead of modification for
      display and sorting.
  -e  Display the erasure coding policy of files and directories.)"},
    {"mkdir", R"(Create a directory in specified location.

-p  Do not fail if the directory already exists)"},
    {"moveToLocal", R"(Not implemented yet)"},
    {"mv", R"(Move files that match the specified file pattern <src> to a destination <dst>.
When moving multiple files, the destination must be a directory.)"},
    {"renameSnapshot", R"(Rename a snapshot from oldName to newName)"},
    {"rm", R"(Delete all files that match the specified file pattern. Equivalent to the Unix
command "rm <src>"

-f          If the file does not exist, do not display a diagnostic message or
            modify the exit status to reflect an error.
-[rR]       Recursively deletes directories.
-skipTrash  option bypasses trash, if enabled, and immediately deletes <src>.
-safely     option requires safety confirmation, if enabled, requires
            confirmation before deleting large directory with more than
            <hadoop.shell.delete.limit.num.files> files. Delay is expected when
            walking over large directory recursively to count the number of
            files to be deleted before the confirmation.)"},
    {"rmdir", R"(Removes the directory entry specified by each directory argument, provided it is
empty.)"},
    {"setfacl", R"(Sets Access Control Lists (ACLs) of files and directories.
Options:

-b          Remove all but the base ACL entries. The entries for user, group
            and others are retained for compatibility with permission bits.
-k          Remove the default ACL.
-R          Apply operations to all files and directories recursively.
-m          Modify ACL. New entries are added to the ACL, and existing entries
            are retained.
-x          Remove specified ACL entries. Other ACL entries are retained.
--set       Fully replace the ACL, discarding all existing entries. The
            <acl_spec> must include entries for user, group, and others for
            compatibility with permission bits. If the ACL spec contains only
            access entries, then the existing default entries are retained. If
            the ACL spec contains only default entries, then the existing
            access entries are retained. If the ACL spec contains both access
            and default entries, then both are replaced.
<acl_spec>  Comma separated list of ACL entries.
<path>      File or directory to modify.)"},
    {"setfattr", R"(Sets an extended attribute name and value for a file or directory.

-n name   The extended attribute name.
-v value  The extended attribute value. There are three different encoding
          methods for the value. If the argument is enclosed in double quotes,
          then the value is the string inside the quotes. If the argument is
          prefixed with 0x or 0X, then it is taken as a hexadecimal number. If
          the argument begins with 0s or 0S, then it is taken as a base64
          encoding.
-x name   Remove the extended attribute.
<path>    The file or directory.)"},
    {"setrep", R"(Set the replication level of a file. If <path> is a directory then the command
recursively changes the replication factor of all files under the directory tree
rooted at <path>. The EC files will be ignored here.

-w  It requests that the command waits for the replication to complete. This
    can potentially take a very long time.
-R  It is accepted for backwards compatibility. It has no effect.)"},
    {"stat", R"(Print statistics about the file/directory at <path>
in the specified format. Format accepts permissions in
octal (%a) and symbolic (%A), filesize in
bytes (%b), type (%F), group name of owner (%g),
name (%n), block size (%o), replication (%r), user name
of owner (%u), access date (%x, %X).
modification date (%y, %Y).
%x and %y show UTC date as "yyyy-MM-dd HH:mm:ss" and
%X and %Y show milliseconds since January 1, 1970 UTC.
If the format is not specified, %y is used by default.)"},
    {"test", R"(Answer various questions about <path>, with result via exit status.
  -d  return 0 if <path> is a directory.
  -e  return 0 if <path> exists.
  -f  return 0 if <path> is a file.
  -s  return 0 if file <path> is greater         than zero bytes in size.
  -w  return 0 if file <path> exists         and write permission is granted.
  -r  return 0 if file <path> exists         and read permission is granted.
  -z  return 0 if file <path> is         zero bytes in size, else return 1.)"},
    {"touch", R"(Updates the access and modification times of the file specified by the <path> to
the current time. If the file does not exist, then a zero length file is created
at <path> with current time as the timestamp of that <path>.
-a Change only the access time
-m Change only the modification time
-t TIMESTAMP Use specified timestamp instead of current time
 TIMESTAMP format yyyyMMdd:HHmmss
-c Do not create any files)"},
    {"touchz", R"(Creates a file of zero length at <path> with current time as the timestamp of
that <path>. An error is returned if the file exists with non-zero length)"},
    {"truncate", R"(Truncate all files that match the specified file pattern to the specified
length.

-w  Requests that the command wait for block recovery to complete, if
    necessary.)"},
    {"usage", R"(Displays the usage for given command or all commands if none is specified.)"},
};

}  // namespace

std::string_view HelpTextOf(std::string_view command) {
  for (const auto& [name, text] : kTexts) {
    if (name == command) return text;
  }
  return "";
}

}  // namespace jfs::tools
