-- a
select /* b /* c */ ; */ 1 -- d ; \
 e
, ';' , "a;b", `;`; ;; select r'\' ; /* open