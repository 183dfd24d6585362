"""The object files of libraries, as data for the tests that look inside them."""

def _cc_objects_impl(ctx):
    lines = []
    objects = []
    for dep in ctx.attr.deps:
        for linker_input in dep[CcInfo].linking_context.linker_inputs.to_list():
            package = linker_input.owner.package
            if linker_input.owner.workspace_name:
                continue
            if not [p for p in ctx.attr.packages if package == p or package.startswith(p + "/")]:
                continue
            for library in linker_input.libraries:
                # Depending on compiler and mode only one of the two kinds is compiled.
                for file in library.pic_objects or library.objects:
                    objects.append(file)
                    lines.append("%s %s" % (file.short_path, linker_input.owner))
    manifest = ctx.actions.declare_file(ctx.label.name + ".objects")
    ctx.actions.write(manifest, "".join([line + "\n" for line in sorted(lines)]))
    return [DefaultInfo(
        files = depset([manifest]),
        runfiles = ctx.runfiles(files = objects + [manifest]),
    )]

cc_objects = rule(
    implementation = _cc_objects_impl,
    doc = """Collects the object files of libraries and of all they depend on, as far as they lie in `packages`.

The output NAME.objects has one line per object file: its path among the runfiles, and its target.""",
    attrs = {
        "deps": attr.label_list(providers = [CcInfo]),
        "packages": attr.string_list(mandatory = True, doc = "Packages, each with those below it."),
    },
)
