# The resources and actions of src/catalogue as the compiler sees them: what the extension's
# own functions do not tell, such as where in an object a column's value stands.

package Fivetrex::Catalogue;

use strict;
use warnings;
use FindBin;

my %sql_types = (FTX_TEXT => 'text', FTX_BOOL => 'boolean', FTX_INT4 => 'integer', FTX_FLOAT8 => 'double precision',
	FTX_TIMESTAMPTZ => 'timestamp with time zone', FTX_TEXT_ARRAY => 'text[]', FTX_JSONB => 'jsonb');

# Resources by name: { list, detail, items, parent, object_id, always, period,
# bare => member, columns => [ { name, type, path (undef: none), flags => {} } ] }.
sub read_all
{
	my $source = "$FindBin::RealBin/../../src";
	my (%flags, %resources);
	open my $header, '<', "$source/catalogue/catalogue.h" or die $!;
	my $text = do { local $/; <$header> };
	close $header;
	$flags{ lc $1 } = hex $2 while $text =~ /#define FTX_(\w+)\s*\\?\s+0x([0-9A-F]+)/g;
	foreach my $file (glob "$source/catalogue/resources/*.c")
	{
		my $c = qx(${\ ($ENV{CC} // 'cc')} -E -P -I'$source' '$file');
		die "cannot read $file" if $?;
		my %columns;
		while ($c =~ /FtxColumn (\w+)\[\] = \{(.*?)\};/gs)
		{
			my ($array, $rows) = ($1, $2);
			while ($rows =~ /\{\s*"(\w+)",\s*(FTX_\w+),\s*(?:"([^"]*)"|[^,"]+),\s*([^",]+),/g)
			{
				my ($name, $type, $path, $bits) = ($1, $2, $3, $4);
				my $all = 0;
				$all |= hex for $bits =~ /0x([0-9A-Fa-f]+)/g;
				push @{ $columns{$array} }, { name => $name, type => $sql_types{$type}, path => $path,
					flags => { map { $_ => 1 } grep { $all & $flags{$_} } keys %flags } };
			}
		}
		while ($c =~ /const FtxResource \w+ = \{(.*?)\n?\};/gs)
		{
			my $fields = $1;
			my %resource = map { $_ => $fields =~ /\.$_ =\s*\{?\s*"([^"]*)"/ ? $1 : undef }
			  qw(name list detail items parent object_id always period);
			($resource{bare}) = $fields =~ /\.detail =\s*\{\s*"[^"]*",\s*\w+,\s*"(\w+)"/;
			my ($array) = $fields =~ /\.columns = \(?(\w+)/;
			$resource{columns} = $columns{$array} or die "no columns of $resource{name}";
			$resources{ $resource{name} } = \%resource;
		}
	}
	return %resources;
}

# The functions that hand on what a GET answers, by name: { path, result,
# result_member, id_member, always, names }.
sub read_functions
{
	my $source = "$FindBin::RealBin/../../src";
	my %functions;
	foreach my $file (glob "$source/catalogue/actions/*.c")
	{
		my $c = qx(${\ ($ENV{CC} // 'cc')} -E -P -I'$source' '$file');
		die "cannot read $file" if $?;
		while ($c =~ /\.function = "(\w+)",\s*\.method = "GET",(.*?)(?=\.function|\z)/gs)
		{
			my ($name, $fields) = ($1, $2);
			my %function = map { $_ => $fields =~ /\.$_ = "?([^",]+)/ ? $1
				: undef } qw(path result result_member id_member always names);
			$functions{$name} = \%function;
		}
	}
	return %functions;
}

1;
