desc table extended s.t;
desc query select 1;
set;
set -v;
set a;
set a.b = c d -- e;
set `a b` = `c;d`;
set k =
